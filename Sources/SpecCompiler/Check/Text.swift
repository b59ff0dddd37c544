extension String {
  /// Whether some ASCII text stands in it: a search of bytes, many times faster than one of characters.
  func holds(_ needle: String) -> Bool {
    var text = self
    var needle = needle
    return text.withUTF8 { text in
      needle.withUTF8 { needle in
        guard let first = needle.first, text.count >= needle.count else { return needle.isEmpty }
        for start in 0...(text.count - needle.count) where text[start] == first {
          if text[start..<(start + needle.count)].elementsEqual(needle) { return true }
        }
        return false
      }
    }
  }
}
