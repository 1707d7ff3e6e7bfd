package dev.whetstone.grammar;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/** Token vocabularies for tests. */
final class Vocabularies {
  static final int END = 0;

  private Vocabularies() {}

  /**
   * Every byte, and pieces of JSON and of words that cross the borders of values and characters.
   */
  static byte[][] pieces() {
    List<byte[]> tokens = new ArrayList<>();
    tokens.add(new byte[0]);
    for (int b = 0; b < 256; b++) {
      tokens.add(new byte[] {(byte) b});
    }
    for (String piece :
        List.of(
            "{\"",
            "\":",
            "\": ",
            "\",",
            "\", \"",
            "\"}",
            "\"]",
            "},{",
            "}}",
            "[]",
            "{}",
            "[{\"",
            ",\n  \"",
            "true",
            "false",
            "null",
            "name",
            "na",
            "\"name\"",
            "é",
            "grös",
            "10",
            "00",
            ".5",
            "-1",
            "e5",
            "\\n",
            "\\\"",
            "\\u00",
            "2024",
            "-0",
            ":",
            "://",
            "@a.com",
            "  ",
            "日本",
            "the ",
            "a",
            "ab",
            "abc")) {
      tokens.add(piece.getBytes(StandardCharsets.UTF_8));
    }
    // Parts of characters, also with what stands beside them.
    byte[] sun = "日".getBytes(StandardCharsets.UTF_8);
    tokens.add(new byte[] {sun[0], sun[1]});
    tokens.add(new byte[] {sun[2], '"'});
    tokens.add(new byte[] {'a', sun[0]});
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      StringBuilder word = new StringBuilder();
      for (int j = 0; j < 1 + random.nextInt(4); j++) {
        word.append((char) ('a' + random.nextInt(26)));
      }
      tokens.add(word.toString().getBytes(StandardCharsets.UTF_8));
    }
    return tokens.toArray(byte[][]::new);
  }

  static TokenVocabulary small() {
    return new TokenVocabulary(pieces(), Set.of(END));
  }
}
