/// Terminal columns the text takes: 0 for combining marks and controls, 2 for wide East Asian characters and emoji.
public func displayWidth(_ text: some StringProtocol) -> Int {
    var width = 0
    for character in text { width += displayWidth(character) }
    return width
}

private func displayWidth(_ character: Character) -> Int {
    // A cluster is as wide as its first scalar; what follows joins it.
    guard let first = character.unicodeScalars.first else { return 0 }
    if first.isASCII { return first.value >= 32 && first.value != 127 ? 1 : 0 }
    switch first.properties.generalCategory {
    case .control, .format, .nonspacingMark, .enclosingMark: return 0
    default: break
    }
    switch first.value {
    case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
        return 2
    default: return 1
    }
}

/// The text cut to `width` columns, its last one an ellipsis when something was cut.
public func truncated(_ text: String, to width: Int) -> String {
    guard displayWidth(text) > width else { return text }
    guard width > 0 else { return "" }
    var kept = ""
    var used = 0
    for character in text {
        let next = displayWidth(String(character))
        if used + next > width - 1 { break }
        kept.append(character)
        used += next
    }
    return kept + "…"
}

/// The text filled with blanks to `width` columns, on its right side, or on its left for numbers.
public func padded(_ text: String, to width: Int, alignRight: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - displayWidth(text)))
    return alignRight ? blanks + text : text + blanks
}

/// The text in lines of at most `width` columns, broken between words. Line ends in the text stay; indented lines are
/// kept as they are.
public func wrapped(_ text: String, width: Int) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line -> [String] in
        if line.isEmpty || line.hasPrefix(" ") { return [String(line)] }
        var lines: [String] = []
        var current = ""
        for word in line.split(separator: " ") {
            if current.isEmpty {
                current = String(word)
            } else if displayWidth(current) + 1 + displayWidth(word) <= width {
                current += " " + word
            } else {
                lines.append(current)
                current = String(word)
            }
        }
        return lines + [current]
    }
}
