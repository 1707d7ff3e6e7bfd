package dev.whetstone.weights;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads a GGUF header sequentially. Each length is checked against the remaining bytes before
 * anything is allocated.
 */
final class GgufCursor {
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Far more than real files have; a limit because the entries are read onto the heap. */
  private static final long MAX_ENTRIES = 1 << 22;

  private static final long MAX_STRING_BYTES = 1 << 24;
  private static final int STRING = 8;
  private static final int ARRAY = 9;

  private final MemorySegment file;
  private long position;

  GgufCursor(MemorySegment file) {
    this.file = file;
  }

  long position() {
    return position;
  }

  int integer() {
    int value = file.get(INT, position);
    position += Integer.BYTES;
    return value;
  }

  long number() {
    long value = file.get(LONG, position);
    position += Long.BYTES;
    return value;
  }

  /** A count of items that take at least one byte each. */
  long count() {
    long count = number();
    if (count < 0 || count > Math.min(MAX_ENTRIES, file.byteSize() - position)) {
      throw new ModelFormatException("a count of " + count + " exceeds the file or the limit");
    }
    return count;
  }

  String string() {
    long length = number();
    if (length < 0 || length > Math.min(MAX_STRING_BYTES, file.byteSize() - position)) {
      throw new ModelFormatException("a string of " + length + " bytes exceeds the file");
    }
    byte[] bytes = file.asSlice(position, length).toArray(ValueLayout.JAVA_BYTE);
    position += length;
    return new String(bytes, StandardCharsets.UTF_8);
  }

  /** A metadata value: Long, Double, Boolean, String or a list. */
  Object value(int type) {
    return switch (type) {
      case 0 -> (long) (octet() & 0xff);
      case 1 -> (long) octet();
      case 2 -> (long) (half() & 0xffff);
      case 3 -> (long) half();
      case 4 -> integer() & 0xffffffffL;
      case 5 -> (long) integer();
      case 6 -> (double) Float.intBitsToFloat(integer());
      case 7 -> octet() != 0;
      case STRING -> string();
      case ARRAY -> list();
      case 10, 11 -> number();
      case 12 -> Double.longBitsToDouble(number());
      default -> throw new ModelFormatException("metadata of unknown type " + type);
    };
  }

  private List<Object> list() {
    int type = integer();
    if (type == ARRAY) {
      throw new ModelFormatException("nested metadata lists are not read");
    }
    long count = count();
    List<Object> values = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      values.add(value(type));
    }
    return values;
  }

  private byte octet() {
    return file.get(ValueLayout.JAVA_BYTE, position++);
  }

  private short half() {
    short value = file.get(SHORT, position);
    position += Short.BYTES;
    return value;
  }
}
