package dev.whetstone.text;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The printable characters GPT-2's byte-level BPE writes bytes as: printable Latin-1 stands for
 * itself, the other bytes follow from U+0100 on, in order.
 */
final class ByteAlphabet {
  private static final int FIRST_MOVED = 0x100;
  private static final int[] BYTES = alphabet();

  private ByteAlphabet() {}

  private static int[] alphabet() {
    int[] bytes = new int[2 * FIRST_MOVED];
    Arrays.fill(bytes, -1);
    int moved = FIRST_MOVED;
    for (int value = 0; value < FIRST_MOVED; value++) {
      bytes[standsForItself(value) ? value : moved++] = value;
    }
    return bytes;
  }

  private static boolean standsForItself(int value) {
    return (value >= '!' && value <= '~') || (value >= 0xa1 && value != 0xad);
  }

  /** A token's bytes; a token with a character outside the alphabet is plain UTF-8. */
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
