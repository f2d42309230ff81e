import CLI

@main
enum Program {
    static func main() async { await Wegent.start() }
}
