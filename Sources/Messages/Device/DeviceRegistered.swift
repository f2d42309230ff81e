/// The registry's answer to ``DeviceRegister``, passed on to the executor. As a notice it tells an executor whose session
/// was registered again, after the registry had been away, of its new number.
public struct DeviceRegistered: Message, Equatable {
    public static let type = "device.registered"
    /// The id under which the device is known; another than asked where two machines share one.
    public var device: String
    /// The name under which it is shown.
    public var name: String
    /// This session's number; anything of an earlier session is stale. The executor keeps it.
    public var generation: UInt64

    public init(device: String, name: String, generation: UInt64) {
        self.device = device
        self.name = name
        self.generation = generation
    }

    enum CodingKeys: String, CodingKey {
        case name, generation
        case device = "device_id"
    }
}
