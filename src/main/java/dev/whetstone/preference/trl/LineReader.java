package dev.whetstone.preference.trl;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Splits a stream into numbered lines and holds no more than the longest that is allowed. */
public final class LineReader {
  private final InputStream in;
  private final int longest;
  private long number;

  /**
   * @param longest bytes of a line without its end
   */
  public LineReader(InputStream in, int longest) {
    this.in = new BufferedInputStream(in, 1 << 16);
    this.longest = longest;
  }

  /** The number of the line read last, from 1. */
  public long number() {
    return number;
  }

  /**
   * The next line; null at the end.
   *
   * @throws PairFormatException when it is too long or not UTF-8; the one after it can still be
   *     read
   */
  public @Nullable String next() throws IOException, PairFormatException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean tooLong = false;
    int b = in.read();
    if (b < 0) {
      return null;
    }
    number++;
    for (; b >= 0 && b != '\n'; b = in.read()) {
      tooLong |= line.size() == longest;
      if (!tooLong) {
        line.write(b);
      }
    }
    if (tooLong) {
      throw new PairFormatException("longer than " + longest + " bytes");
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(line.toByteArray());
      return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
    } catch (CharacterCodingException invalid) {
      throw new PairFormatException("not UTF-8");
    }
  }
}
