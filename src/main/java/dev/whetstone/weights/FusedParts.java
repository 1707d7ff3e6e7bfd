package dev.whetstone.weights;

import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Tensors that are rows of a larger one in a file: q, k and v of one matrix, and gate and up. */
final class FusedParts {
  /** Rows of a tensor of the file. */
  record Part(String whole, int first, int rows) {}

  private static final String QKV = "self_attn.qkv_proj.weight";
  private static final String GATE_UP = "mlp.gate_up_proj.weight";

  private final Map<String, Part> parts = new TreeMap<>();

  private FusedParts() {}

  static FusedParts none() {
    return new FusedParts();
  }

  /** Cuts the fused tensors of every layer, which {@code names} replaces by their parts. */
  static <T> FusedParts cut(ModelConfig config, Map<String, T> names) {
    FusedParts fused = new FusedParts();
    int query = config.heads() * config.headDim();
    int kv = config.kvHeads() * config.headDim();
    int inner = config.intermediateSize();
    for (int layer = 0; layer < config.layers(); layer++) {
      String block = "model.layers." + layer + ".";
      fused.cut(names, block + QKV, block + "self_attn.q_proj.weight", 0, query);
      fused.cut(names, block + QKV, block + "self_attn.k_proj.weight", query, kv);
      fused.cut(names, block + QKV, block + "self_attn.v_proj.weight", query + kv, kv);
      fused.cut(names, block + GATE_UP, block + "mlp.gate_proj.weight", 0, inner);
      fused.cut(names, block + GATE_UP, block + "mlp.up_proj.weight", inner, inner);
      names.remove(block + QKV);
      names.remove(block + GATE_UP);
    }
    return fused;
  }

  private <T> void cut(Map<String, T> names, String whole, String part, int first, int rows) {
    T source = names.get(whole);
    if (source == null) {
      throw new ModelFormatException("tensor " + whole + " is missing");
    }
    names.put(part, source);
    parts.put(part, new Part(whole, first, rows));
  }

  /** Where a tensor's rows are; null for one that is whole. */
  @Nullable Part of(String name) {
    return parts.get(name);
  }

  /** The shape of a part, given that of the whole. */
  static long[] shape(String name, Part part, long[] whole) {
    if (whole.length != 2 || whole[0] < (long) part.first + part.rows) {
      throw new ModelFormatException(
          "tensor %s has no rows up to %d for %s"
              .formatted(part.whole, part.first + part.rows, name));
    }
    return new long[] {part.rows, whole[1]};
  }
}
