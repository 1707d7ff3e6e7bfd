package dev.whetstone.preference.trl;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Splits a stream into numbered lines, in memory for at most one line of the allowed length. */
public final class LineReader {
  private static final String BYTE_ORDER_MARK = "\ufeff";

  private final InputStream in;
  private final int maxBytes;
  private long lineNumber;

  /**
   * Reads from a stream, which the caller closes.
   *
   * @param maxBytes longest allowed line in bytes, without its end
   */
  public LineReader(InputStream in, int maxBytes) {
    this.in = new BufferedInputStream(in, 1 << 16);
    this.maxBytes = maxBytes;
  }

  /** The number of the line that was read last, from 1. */
  public long lineNumber() {
    return lineNumber;
  }

  /**
   * Reads the next line; null at the end.
   *
   * @throws PairFormatException when it is too long or not UTF-8; the next one can still be read
   */
  public @Nullable String next() throws IOException, PairFormatException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean tooLong = false;
    int b = in.read();
    if (b < 0) {
      return null;
    }
    lineNumber++;
    for (; b >= 0 && b != '\n'; b = in.read()) {
      tooLong |= line.size() == maxBytes;
      if (!tooLong) {
        line.write(b);
      }
    }
    if (tooLong) {
      throw new PairFormatException("longer than " + maxBytes + " bytes");
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(line.toByteArray());
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
      return lineNumber == 1 && text.startsWith(BYTE_ORDER_MARK) ? text.substring(1) : text;
    } catch (CharacterCodingException invalid) {
      throw new PairFormatException("not UTF-8");
    }
  }
}
