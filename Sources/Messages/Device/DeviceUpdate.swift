/// Changes what an owner calls a device. `device_not_found` when the owner has none of this id.
public struct DeviceUpdate: Request, Equatable {
    public typealias Reply = DeviceListing
    public static let type = "device.update"
    /// Whose.
    public var owner: UserID
    /// Which.
    public var device: String
    /// 1 to 200 characters; empty = the name that the machine gives itself again; nil = as it is.
    public var name: String?
    /// Labels that are added or changed: at most 32 on a device, names of 1 to 63 of `a-z 0-9 . _ -`, values of
    /// at most 200 characters.
    public var set: [String: String]?
    /// Labels that are taken away.
    public var remove: [String]

    public init(
        owner: UserID, device: String, name: String? = nil, set: [String: String]? = nil, remove: [String] = []
    ) {
        self.owner = owner
        self.device = device
        self.name = name
        self.set = set
        self.remove = remove
    }

    enum CodingKeys: String, CodingKey {
        case owner, name
        case device = "device_id"
        case set = "labels"
        case remove = "removed_labels"
    }
}
