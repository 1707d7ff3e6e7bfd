package dev.whetstone.gateway.openai;

/** Finds marks in a text that is still being written. */
final class Tags {
  private Tags() {}

  /**
   * The number of characters that belong to no mark whatever follows, nor to the white space before
   * one.
   */
  static int certain(StringBuilder text, String mark) {
    int end = text.length();
    for (int length = Math.min(mark.length() - 1, end); length > 0; length--) {
      if (mark.startsWith(text.substring(end - length))) {
        end -= length;
        break;
      }
    }
    while (end > 0 && Character.isWhitespace(text.charAt(end - 1))) {
      end--;
    }
    return end;
  }
}
