package dev.whetstone.weights;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Numbers inside an array of little-endian bytes. */
final class LittleEndian {
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private LittleEndian() {}

  static int integer(byte[] data, int at) {
    return (int) INT.get(data, at);
  }

  static short word(byte[] data, int at) {
    return (short) SHORT.get(data, at);
  }

  /** A float16. */
  static float half(byte[] data, int at) {
    return Float.float16ToFloat(word(data, at));
  }
}
