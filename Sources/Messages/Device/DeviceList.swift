/// Lists devices of an owner, in pages.
public struct DeviceList: Request, Equatable {
    public typealias Reply = DeviceListing
    public static let type = "device.list"
    /// The owner.
    public var owner: UserID
    /// The most items of a page, 1 to 200; nil = all devices in one page.
    public var limit: Int?
    /// Only devices after this place: the `next` of the page before.
    public var before: String?
    /// Only devices with this label: `NAME` with any value, `NAME=VALUE` with that value.
    public var label: String?
    /// Only devices that a target of this text means, by ``DeviceMatch``.
    public var named: String?

    public init(
        owner: UserID, limit: Int? = nil, before: String? = nil, label: String? = nil, named: String? = nil
    ) {
        self.owner = owner
        self.limit = limit
        self.before = before
        self.label = label
        self.named = named
    }
}

/// The reply to ``DeviceList``.
public struct DeviceListing: Message, Equatable {
    public static let type = "device.listing"
    /// Sorted by name, then id.
    public var devices: [Device]
    /// Where the next page begins, opaque; nil = this is the last page.
    public var next: String?
    /// How many devices match on all pages; nil = as many as here.
    public var total: Int?

    public init(devices: [Device] = [], next: String? = nil, total: Int? = nil) {
        self.devices = devices
        self.next = next
        self.total = total
    }
}
