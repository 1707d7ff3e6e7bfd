package dev.whetstone.engine.ort;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import dev.whetstone.lora.LoraTarget;
import java.util.Map;

/** What a graph says of itself: its metadata and the shapes of its LoRA inputs. */
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
          "the graph has no whetstone." + key + ": import the model again");
    }
    return value;
  }

  private static int number(Map<String, String> metadata, String key) {
    return Integer.parseInt(text(metadata, key));
  }

  int inputSize(LoraTarget site) {
    return dimension(site.inputA(0), 2);
  }

  /** In how many blocks of {@link #blockWidth} the outputs of a site's modules lie, in order. */
  int blocks(LoraTarget site) {
    return dimension(site.inputB(0), 0);
  }

  int blockWidth(LoraTarget site) {
    return dimension(site.inputB(0), 2);
  }

  /** Output sizes of a site's modules, in their order. */
  int[] outputSizes(LoraTarget site) {
    int all = blocks(site) * blockWidth(site);
    int kv = kvHeads * headDim;
    return switch (site) {
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
