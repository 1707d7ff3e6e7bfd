package dev.whetstone.preference.trl;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Splits a stream into numbered lines, in memory for at most one line of the allowed length. A file
 * that is one JSON list, as Argilla and Label Studio write it, is split into its elements.
 */
public final class LineReader {
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};
  private static final int MAX_LEADING_SPACE = 1 << 10;

  private final InputStream in;
  private final int maxBytes;
  private final ListSplitter list = new ListSplitter();
  private long lineNumber;
  private boolean begun;
  private boolean isList;

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
    if (!begun) {
      begun = true;
      isList = skipToList();
    }
    return isList ? nextElement() : nextLine();
  }

  /** Leaves out a byte order mark, and the bracket of a list; whether the file is one. */
  private boolean skipToList() throws IOException {
    in.mark(MAX_LEADING_SPACE);
    for (byte expected : BYTE_ORDER_MARK) {
      if (in.read() != (expected & 0xff)) {
        in.reset();
        break;
      }
    }
    in.mark(MAX_LEADING_SPACE);
    int b = in.read();
    for (int i = 1; i < MAX_LEADING_SPACE && b >= 0 && b <= ' '; i++) {
      b = in.read();
    }
    if (b == '[') {
      return true;
    }
    in.reset();
    return false;
  }

  private @Nullable String nextLine() throws IOException, PairFormatException {
    int b = in.read();
    if (b < 0) {
      return null;
    }
    lineNumber++;
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    boolean tooLong = false;
    for (; b >= 0 && b != '\n'; b = in.read()) {
      tooLong |= line.size() == maxBytes;
      if (!tooLong) {
        line.write(b);
      }
    }
    return text(line, tooLong);
  }

  private @Nullable String nextElement() throws IOException, PairFormatException {
    int b = in.read();
    while (b >= 0 && (b <= ' ' || b == ',')) {
      b = in.read();
    }
    if (b < 0 || b == ']') {
      return endOfList(b);
    }
    lineNumber++;
    ByteArrayOutputStream element = new ByteArrayOutputStream();
    boolean tooLong = false;
    list.begin();
    do {
      tooLong |= element.size() == maxBytes;
      if (!tooLong) {
        element.write(b);
      }
      in.mark(1);
      b = list.endsAfter(b) ? -1 : in.read();
    } while (b >= 0 && !list.endsBefore(b));
    if (b >= 0) {
      in.reset();
    }
    return text(element, tooLong);
  }

  /** What follows a list is read as lines, which it has none of in good files. */
  private @Nullable String endOfList(int b) throws IOException, PairFormatException {
    isList = false;
    if (b < 0) {
      lineNumber++;
      throw new PairFormatException("the list does not end");
    }
    while (b >= 0) {
      in.mark(1);
      b = in.read();
      if (b > ' ') {
        in.reset();
        return nextLine();
      }
    }
    return null;
  }

  private String text(ByteArrayOutputStream bytes, boolean tooLong) throws PairFormatException {
    if (tooLong) {
      throw new PairFormatException("longer than " + maxBytes + " bytes");
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes.toByteArray()))
          .toString();
    } catch (CharacterCodingException invalid) {
      throw new PairFormatException("not UTF-8");
    }
  }

  /** Finds where an element of a JSON list ends, by its bytes. */
  private static final class ListSplitter {
    private int depth;
    private boolean inString;
    private boolean escaped;

    void begin() {
      depth = 0;
      inString = false;
      escaped = false;
    }

    /** Whether a byte is the last one of an object, a list or a string. */
    boolean endsAfter(int b) {
      if (inString) {
        inString = escaped || b != '"';
        escaped = !escaped && b == '\\';
      } else {
        switch (b) {
          case '"' -> inString = true;
          case '{', '[' -> depth++;
          case '}', ']' -> depth--;
          default -> {
            return false;
          }
        }
      }
      return !inString && depth == 0;
    }

    /** Whether a byte stands behind the element. */
    boolean endsBefore(int b) {
      return !inString && depth == 0 && (b == ',' || b == ']');
    }
  }
}
