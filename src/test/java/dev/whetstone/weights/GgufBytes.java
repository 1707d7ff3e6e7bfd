package dev.whetstone.weights;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/** Builds GGUF files, valid and malformed. */
public final class GgufBytes {
  private record Entry(String name, int type, long offset, long[] shape) {}

  private final ByteArrayOutputStream metadata = new ByteArrayOutputStream();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();
  private final List<Entry> tensors = new ArrayList<>();
  private int entries;

  public GgufBytes text(String key, String value) {
    string(metadata, key);
    metadata.writeBytes(all(little(4).putInt(8)));
    string(metadata, value);
    entries++;
    return this;
  }

  public GgufBytes number(String key, int value) {
    string(metadata, key);
    metadata.writeBytes(all(little(8).putInt(4).putInt(value)));
    entries++;
    return this;
  }

  public GgufBytes decimal(String key, float value) {
    string(metadata, key);
    metadata.writeBytes(all(little(8).putInt(6).putFloat(value)));
    entries++;
    return this;
  }

  GgufBytes raw(String key, int type, byte... value) {
    string(metadata, key);
    metadata.writeBytes(all(little(4).putInt(type)));
    metadata.writeBytes(value);
    entries++;
    return this;
  }

  /** A list of texts (type 8) or of int32 (type 5). */
  public GgufBytes list(String key, int type, int count, IntFunction<Object> value) {
    string(metadata, key);
    metadata.writeBytes(all(little(16).putInt(9).putInt(type).putLong(count)));
    for (int i = 0; i < count; i++) {
      switch (value.apply(i)) {
        case String text -> string(metadata, text);
        case Integer number -> metadata.writeBytes(all(little(4).putInt(number)));
        case Object other -> throw new IllegalArgumentException("no type for " + other);
      }
    }
    entries++;
    return this;
  }

  /** Adds a tensor at the next aligned offset; its shape is given outermost first. */
  public GgufBytes tensor(String name, int type, byte[] bytes, long... shape) {
    data.writeBytes(new byte[(32 - data.size() % 32) % 32]);
    return tensorAt(name, type, data.size(), bytes, shape);
  }

  GgufBytes tensorAt(String name, int type, long offset, byte[] bytes, long... shape) {
    tensors.add(new Entry(name, type, offset, shape));
    data.writeBytes(bytes);
    return this;
  }

  public byte[] bytes() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(
        all(little(24).putInt(0x46554747).putInt(3).putLong(tensors.size()).putLong(entries)));
    out.writeBytes(metadata.toByteArray());
    for (Entry tensor : tensors) {
      string(out, tensor.name);
      ByteBuffer entry = little(4 + 8 * tensor.shape.length + 12).putInt(tensor.shape.length);
      for (int i = tensor.shape.length - 1; i >= 0; i--) {
        entry.putLong(tensor.shape[i]);
      }
      out.writeBytes(all(entry.putInt(tensor.type).putLong(tensor.offset)));
    }
    out.writeBytes(new byte[(32 - out.size() % 32) % 32]);
    out.writeBytes(data.toByteArray());
    return out.toByteArray();
  }

  /** The same in two files, as gguf-split makes them; the second has tensors from a number on. */
  public List<byte[]> halves(int from) {
    long start = tensors.get(from).offset;
    GgufBytes first = new GgufBytes();
    first.metadata.writeBytes(metadata.toByteArray());
    first.entries = entries;
    GgufBytes second = new GgufBytes();
    for (int i = 0; i < tensors.size(); i++) {
      Entry tensor = tensors.get(i);
      GgufBytes part = i < from ? first : second;
      part.tensors.add(
          new Entry(
              tensor.name, tensor.type, tensor.offset - (i < from ? 0 : start), tensor.shape));
    }
    byte[] all = data.toByteArray();
    first.data.write(all, 0, (int) start);
    second.data.write(all, (int) start, all.length - (int) start);
    List<byte[]> parts = new ArrayList<>();
    for (GgufBytes part : List.of(first, second)) {
      part.number("split.no", parts.size());
      part.number("split.count", 2);
      part.number("split.tensors.count", tensors.size());
      parts.add(part.bytes());
    }
    return parts;
  }

  private static void string(ByteArrayOutputStream out, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeBytes(all(little(8).putLong(bytes.length)));
    out.writeBytes(bytes);
  }

  /** All bytes of a buffer. */
  static byte[] all(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.capacity()];
    buffer.rewind().get(bytes);
    return bytes;
  }

  static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  public static byte[] floats(float[] values) {
    ByteBuffer bytes = little(4 * values.length);
    bytes.asFloatBuffer().put(values);
    return all(bytes);
  }

  /** Settings of a Llama-family model and a tokenizer of single letters. */
  public static GgufBytes model(ModelConfig config) {
    return model(config, config.architecture());
  }

  /** The same for an architecture that GGUF has another name for. */
  static GgufBytes model(ModelConfig config, String arch) {
    GgufBytes file = new GgufBytes().text("general.architecture", arch);
    Map.of(
            "embedding_length", config.hiddenSize(),
            "feed_forward_length", config.intermediateSize(),
            "block_count", config.layers(),
            "attention.head_count", config.heads(),
            "attention.head_count_kv", config.kvHeads(),
            "context_length", config.contextLength())
        .forEach((key, value) -> file.number(arch + "." + key, value));
    return file.decimal(arch + ".attention.layer_norm_rms_epsilon", (float) config.rmsNormEpsilon())
        .decimal(arch + ".rope.freq_base", (float) config.ropeTheta())
        .text("tokenizer.ggml.model", "gpt2")
        .number("tokenizer.ggml.eos_token_id", 2)
        .list("tokenizer.ggml.tokens", 8, config.vocabularySize(), GgufBytes::token)
        .list("tokenizer.ggml.token_type", 5, config.vocabularySize(), id -> 1)
        .list("tokenizer.ggml.merges", 8, 1, i -> "t 1");
  }

  // The merge needs its two parts and its result among the tokens.
  private static String token(int id) {
    return switch (id) {
      case 0 -> "t";
      case 1 -> "1";
      case 3 -> "t1";
      default -> "t" + id;
    };
  }
}
