package dev.whetstone.engine.ort;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.whetstone.lora.LoraTarget;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The dimensions of a graph, read from its metadata and from the shapes of its LoRA inputs. */
record GraphShape(
    String baseHash,
    int layers,
    int kvHeads,
    int headDim,
    int vocabulary,
    int context,
    Map<String, NodeInfo> inputs) {

  static GraphShape of(OrtSession session) throws OrtException {
    Map<String, String> metadata = session.getMetadata().getCustomMetadata();
    return new GraphShape(
        text(metadata, "base"),
        number(metadata, "layers"),
        number(metadata, "kv_heads"),
        number(metadata, "head_dim"),
        number(metadata, "vocabulary"),
        number(metadata, "context"),
        Map.copyOf(session.getInputInfo()));
  }

  private static String text(Map<String, String> metadata, String key) {
    String value = metadata.get("whetstone." + key);
    if (value == null) {
      throw new IllegalArgumentException(
          "the graph has no metadata whetstone." + key + ": import the model again");
    }
    return value;
  }

  private static int number(Map<String, String> metadata, String key) {
    return Integer.parseInt(text(metadata, key));
  }

  /** The targets that the graph has inputs for. */
  List<LoraTarget> targets() {
    return Arrays.stream(LoraTarget.values())
        .filter(target -> inputs.containsKey(target.inputA(0)))
        .toList();
  }

  int inputSize(LoraTarget target) {
    return dimension(target.inputA(0), 2);
  }

  /**
   * The number of blocks, each {@link #blockWidth} wide, into which a target's outputs are split.
   */
  int blocks(LoraTarget target) {
    return dimension(target.inputB(0), 0);
  }

  int blockWidth(LoraTarget target) {
    return dimension(target.inputB(0), 2);
  }

  /** Output sizes of a target's modules, in their order. */
  int[] outputSizes(LoraTarget target) {
    int all = blocks(target) * blockWidth(target);
    int kv = kvHeads * headDim;
    return switch (target) {
      case QKV -> new int[] {all - 2 * kv, kv, kv};
      case GATE_UP -> new int[] {all / 2, all / 2};
      case O, DOWN -> new int[] {all};
    };
  }

  private int dimension(String input, int axis) {
    NodeInfo info = inputs.get(input);
    if (info == null || !(info.getInfo() instanceof TensorInfo tensor)) {
      throw new IllegalArgumentException("the graph has no input " + input);
    }
    return Math.toIntExact(tensor.getShape()[axis]);
  }
}
