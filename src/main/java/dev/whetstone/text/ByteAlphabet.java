package dev.whetstone.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The printable characters that stand for bytes in GPT-2's byte-level BPE: printable Latin-1 stands
 * for itself, the other bytes are mapped to U+0100 and up, in order.
 */
final class ByteAlphabet {
  private static final int FIRST_MAPPED = 0x100;
  private static final int[] BYTES = alphabet();

  private ByteAlphabet() {}

  private static int[] alphabet() {
    int[] bytes = new int[2 * FIRST_MAPPED];
    Arrays.fill(bytes, -1);
    int next = FIRST_MAPPED;
    for (int value = 0; value < FIRST_MAPPED; value++) {
      bytes[standsForItself(value) ? value : next++] = value;
    }
    return bytes;
  }

  private static boolean standsForItself(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xa1 && value != 0xad);
  }

  /** The bytes of a token; one with a character outside the alphabet is taken as UTF-8. */
  static byte[] bytes(String token) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(token.length());
    for (int i = 0; i < token.length(); i++) {
      char c = token.charAt(i);
      if (c >= BYTES.length || BYTES[c] < 0) {
        return token.getBytes(StandardCharsets.UTF_8);
      }
      bytes.write(BYTES[c]);
    }
    return bytes.toByteArray();
  }
}
