package dev.whetstone.preference;

import dev.whetstone.settings.Labelled;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The part of the log that a pair is in, with all its votes, as long as it is kept. It depends on
 * the base, the conversation and the user that the pair was made for, so that no run trains on what
 * chooses or judges its policies. The database computes the same: the column {@code pairs.part}.
 */
public enum Part implements Labelled {
  /** Eight pairs of ten: runs train on them. */
  TRAIN,
  /** One of ten: chooses the best step of a run. */
  SELECT,
  /** One of ten: judges candidates; no training and no choice sees it. */
  GATE;

  private static final int PARTS = 10;
  private static final int HASH_DIGITS = 8;

  /**
   * The part of a pair.
   *
   * @param firstUserMessage of the conversation; the prompt where there are no messages
   * @param user that the pair was made for
   */
  public static Part of(String baseHash, String firstUserMessage, String user) {
    String key = md5(Stream.of(baseHash, md5(firstUserMessage), user));
    return switch ((int) (Long.parseLong(key.substring(0, HASH_DIGITS), 16) % PARTS)) {
      case PARTS - 2 -> SELECT;
      case PARTS - 1 -> GATE;
      default -> TRAIN;
    };
  }

  private static String md5(Stream<String> lines) {
    return md5(lines.collect(Collectors.joining("\n")));
  }

  // MD5 because PostgreSQL has it as a function of texts; nothing here is secret.
  private static String md5(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException(impossible);
    }
  }
}
