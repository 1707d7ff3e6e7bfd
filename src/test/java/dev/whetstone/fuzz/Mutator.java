package dev.whetstone.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;

/** Damages bytes as hostile or broken files are: flipped, cut, repeated, with extreme numbers. */
final class Mutator {
  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    127,
    255,
    256,
    32_768,
    65_535,
    Integer.MAX_VALUE,
    Integer.MIN_VALUE,
    0xffffffffL,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    1L << 40,
    1L << 62
  };
  private static final List<String> WORDS =
      List.of(
          "null",
          "-1",
          "1e999",
          "9223372036854775807",
          "99999999999999999999",
          "\"\"",
          "[]",
          "{}",
          "[[[[[[[[[[[[[[[[",
          "{\"a\":{\"a\":{\"a\":",
          "\\ud800",
          "\u0000",
          "{{",
          "{%",
          "%}",
          "}}",
          "{% for i in range(1000000000) %}x{% endfor %}",
          "{{ 'x' * 1000000000 }}",
          "../../x",
          "true",
          "NaN",
          "\"r\":2147483647",
          "\"shape\":[-1]",
          "\"shape\":[9223372036854775807,8]");

  private final RandomGenerator random;

  Mutator(RandomGenerator random) {
    this.random = random;
  }

  /** A copy with one to four damages. */
  byte[] mutate(byte[] whole) {
    byte[] bytes = whole.clone();
    for (int i = random.nextInt(1, 5); i > 0 && bytes.length > 0; i--) {
      bytes = damage(bytes);
    }
    return bytes;
  }

  private byte[] damage(byte[] bytes) {
    int at = position(bytes.length);
    return switch (random.nextInt(7)) {
      case 0 -> flip(bytes, at);
      case 1 -> number(bytes, at);
      case 2 -> Arrays.copyOf(bytes, at);
      case 3 -> splice(bytes, at, at, word());
      case 4 -> splice(bytes, at, Math.min(bytes.length, at + random.nextInt(1, 9)), word());
      case 5 -> splice(bytes, at, Math.min(bytes.length, at + random.nextInt(1, 65)), new byte[0]);
      default -> {
        int from = position(bytes.length);
        byte[] slice = Arrays.copyOfRange(bytes, from, Math.min(bytes.length, from + 64));
        yield splice(bytes, at, at, slice);
      }
    };
  }

  // Half of all damages go to the head, where formats keep their counts and sizes.
  private int position(int length) {
    return random.nextBoolean() ? random.nextInt(Math.min(length, 256)) : random.nextInt(length);
  }

  private byte[] flip(byte[] bytes, int at) {
    bytes[at] ^= (byte) (1 << random.nextInt(8));
    return bytes;
  }

  private byte[] number(byte[] bytes, int at) {
    long value = NUMBERS[random.nextInt(NUMBERS.length)];
    int width = 1 << random.nextInt(4);
    for (int i = 0; i < width && at + i < bytes.length; i++) {
      bytes[at + i] = (byte) (value >>> (8 * i));
    }
    return bytes;
  }

  private byte[] word() {
    return WORDS.get(random.nextInt(WORDS.size())).getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] splice(byte[] bytes, int from, int to, byte[] between) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(bytes, 0, from);
    all.writeBytes(between);
    all.write(bytes, to, bytes.length - to);
    return all.toByteArray();
  }
}
