import Common
import Glibc

/// Single keys from the terminal, without the return key and without an echo, for as long as the tool runs.
struct Keyboard {
    static let interval = Duration.milliseconds(100)

    /// Nil when stdin cannot be set so. The terminal gets its own settings back when the tool ends, however it does.
    init?(_ hooks: ExitHooks) {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        let before = settings
        settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
        guard tcsetattr(STDIN_FILENO, TCSANOW, &settings) == 0 else { return nil }
        hooks.add {
            var before = before
            tcsetattr(STDIN_FILENO, TCSANOW, &before)
        }
    }

    /// A key that was pressed; nil when none was.
    func pressed() -> UInt8? {
        var wait = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
        guard poll(&wait, 1, 0) > 0, wait.revents & Int16(POLLIN) != 0 else { return nil }
        var key: UInt8 = 0
        return read(STDIN_FILENO, &key, 1) == 1 ? key : nil
    }
}
