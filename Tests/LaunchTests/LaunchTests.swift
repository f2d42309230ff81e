import ArgumentParser
import Logging
import Messages
import Testing

@testable import Launch

@Suite("Launch")
struct LaunchTests {
    private func line(_ metadata: Logger.Metadata, message: String = "device registered") -> LogLine {
        LogLine(
            time: Timestamp(milliseconds: 1_772_357_400_250), level: .notice, label: "registry", message: message,
            metadata: metadata)
    }

    @Test("The console format is one line, with sorted metadata, quoted where necessary")
    func console() {
        let line = line(["b": "two words", "a": "1", "c": "x\ny\u{1b}[31m\"q\""])
        #expect(
            line.console
                == "2026-03-01T09:30:00.250Z NOTICE   registry: device registered a=1 b=\"two words\" "
                + "c=\"x\\ny\\u001b[31m\\\"q\\\"\"\n")
    }

    @Test("The JSON format is one object per line")
    func json() {
        let line = line(["z": ["k": "v"], "a": ["1", "2"], "q": "a\"\\\n"], message: "say \"so\"")
        #expect(
            line.json
                == #"{"time":"2026-03-01T09:30:00.250Z","level":"notice","logger":"registry","#
                + #""message":"say \"so\"","metadata":{"a":["1","2"],"q":"a\"\\\n","z":{"k":"v"}}}"# + "\n")
    }

    @Test("Flags override the environment, an empty variable is unset, an invalid one is named")
    func settings() throws {
        let setting = Setting(environment: ["WEGENT_LOG_LEVEL": "debug", "WEGENT_LOG_FORMAT": "", "PORT": "x"])
        #expect(try LogArguments.parse([]).options(setting) == LogOptions(level: .debug, json: false))
        #expect(
            try LogArguments.parse(["--log-level", "error", "--log-format", "json"]).options(setting)
                == LogOptions(level: .error, json: true))
        let absent = try setting.value(String?.none, "NOT_THERE")
        #expect(absent == nil)
        let error = #expect(throws: ValidationError.self) { try setting.value(Int?.none, "PORT") }
        #expect(error?.message.contains("PORT") == true)
        #expect(error?.message.contains("x;") == false)
    }

    @Test("An error is one sentence")
    func message() {
        #expect(Launch.message(Fault(.unavailable, "the registry is down")) == "the registry is down")
        #expect(Launch.message(ValidationError("wrong option")) == "wrong option")
    }
}
