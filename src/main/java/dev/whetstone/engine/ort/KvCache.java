package dev.whetstone.engine.ort;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Keys and values of all slots: per layer one buffer of keys and one of values, {@code [slots,
 * kv_heads, slot_length, head_dim]} of float32. A run over the slots {@code [first, first + count)}
 * gets the same tensor as past and as present, so that the runtime appends in place. Engine thread
 * only.
 */
final class KvCache implements AutoCloseable {
  private static final List<String> SIDES = List.of("key", "value");

  /**
   * The tensors of one range of slots, by the graph's input and output names. Not a record, because
   * views are compared by identity.
   */
  static final class View {
    private final Map<String, OnnxTensor> past;
    private final Map<String, OnnxTensor> present;

    private View(Map<String, OnnxTensor> past, Map<String, OnnxTensor> present) {
      this.past = past;
      this.present = present;
    }

    Map<String, OnnxTensor> past() {
      return past;
    }

    Map<String, OnnxTensor> present() {
      return present;
    }
  }

  private final GraphShape shape;
  private final int slots;
  private final int slotLength;
  private final OrtEnvironment environment;
  private final Arena arena = Arena.ofShared();
  private final List<MemorySegment> buffers = new ArrayList<>();
  private final Map<Long, View> views = new HashMap<>();

  KvCache(OrtEnvironment environment, GraphShape shape, int slots, int slotLength) {
    this.environment = environment;
    this.shape = shape;
    this.slots = slots;
    this.slotLength = slotLength;
    long bytes = slots * slotBytes();
    if (bytes > Integer.MAX_VALUE) {
      arena.close();
      throw new IllegalArgumentException(
          "%d slots of %d tokens need %d bytes of KV cache a layer, more than the limit of 2 GiB: lower whetstone.engine.slots or whetstone.engine.slot-length"
              .formatted(slots, slotLength, bytes));
    }
    for (int i = 0; i < shape.layers() * SIDES.size(); i++) {
      buffers.add(MappedMemory.reserve(bytes, arena));
    }
  }

  private long headBytes() {
    return (long) slotLength * shape.headDim() * Float.BYTES;
  }

  private long slotBytes() {
    return shape.kvHeads() * headBytes();
  }

  private long rowBytes() {
    return (long) shape.headDim() * Float.BYTES;
  }

  int bytesPerToken() {
    return Math.toIntExact((long) buffers.size() * shape.kvHeads() * rowBytes());
  }

  View view(int first, int count) throws OrtException {
    long key = (long) first * (slots + 1) + count;
    View known = views.get(key);
    if (known == null) {
      known = createView(first, count);
      views.put(key, known);
    }
    return known;
  }

  private View createView(int first, int count) throws OrtException {
    Map<String, OnnxTensor> past = new LinkedHashMap<>();
    Map<String, OnnxTensor> present = new LinkedHashMap<>();
    long[] dimensions = {count, shape.kvHeads(), slotLength, shape.headDim()};
    for (int i = 0; i < buffers.size(); i++) {
      MemorySegment range = buffers.get(i).asSlice(first * slotBytes(), count * slotBytes());
      OnnxTensor tensor =
          OnnxTensor.createTensor(
              environment,
              range.asByteBuffer().order(ByteOrder.nativeOrder()).asFloatBuffer(),
              dimensions);
      String name = i / SIDES.size() + "." + SIDES.get(i % SIDES.size());
      past.put("past." + name, tensor);
      present.put("present." + name, tensor);
    }
    return new View(past, present);
  }

  void copy(int from, int to, int tokens) {
    long bytes = tokens * rowBytes();
    for (MemorySegment buffer : buffers) {
      for (int head = 0; head < shape.kvHeads(); head++) {
        MemorySegment.copy(
            buffer,
            from * slotBytes() + head * headBytes(),
            buffer,
            to * slotBytes() + head * headBytes(),
            bytes);
      }
    }
  }

  void releasePages(int slot) {
    for (MemorySegment buffer : buffers) {
      MappedMemory.releasePages(buffer.asSlice(slot * slotBytes(), slotBytes()));
    }
  }

  /** Copies positions {@code [start, end)} in the order layer, key or value, head, position. */
  void save(int slot, int start, int end, ByteBuffer target) {
    MemorySegment to = MemorySegment.ofBuffer(target);
    long bytes = (end - start) * rowBytes();
    long at = 0;
    for (MemorySegment buffer : buffers) {
      for (int head = 0; head < shape.kvHeads(); head++, at += bytes) {
        MemorySegment.copy(buffer, offset(slot, head, start), to, at, bytes);
      }
    }
  }

  void restore(int slot, int start, int end, ByteBuffer source) {
    MemorySegment from = MemorySegment.ofBuffer(source);
    long bytes = (end - start) * rowBytes();
    long at = 0;
    for (MemorySegment buffer : buffers) {
      for (int head = 0; head < shape.kvHeads(); head++, at += bytes) {
        MemorySegment.copy(from, at, buffer, offset(slot, head, start), bytes);
      }
    }
  }

  private long offset(int slot, int head, int position) {
    return slot * slotBytes() + head * headBytes() + position * rowBytes();
  }

  @Override
  public void close() {
    for (View view : views.values()) {
      view.past().values().forEach(OnnxTensor::close);
    }
    views.clear();
    arena.close();
  }
}
