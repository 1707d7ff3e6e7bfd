package dev.whetstone.onnx;

import dev.whetstone.io.AtomicFile;
import dev.whetstone.onnx.LoraMatMuls.RowMode;
import dev.whetstone.onnx.proto.ModelProto;
import dev.whetstone.onnx.quantization.ActivationRanges;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Writes the graphs that serve a model.
 *
 * <ul>
 *   <li>int8: {@code model.onnx} decodes; where the activation ranges are known, q, k, v, gate and
 *       up are integer products; {@code prefill.onnx} processes prompts with float32 blocks, which
 *       is the faster kernel for many rows at once, and shares embedding, norms and the int8 head
 *       with {@code model.onnx}
 *   <li>fp32: {@code exact.onnx} does both
 * </ul>
 *
 * A graph gets its name only after the bytes that it refers to are on disk.
 */
public final class OnnxExport {
  /** Increased with every change of the graphs, so that those of an earlier build are replaced. */
  public static final int FORMAT = 5;

  private OnnxExport() {}

  /** Names of the files that {@link #write} makes for a precision, graphs last. */
  public static List<String> files(Precision precision) {
    return switch (precision) {
      case INT8 -> List.of("weights.bin", "prefill.bin", "prefill.onnx", "model.onnx");
      case FP32 -> List.of("exact.bin", "exact.onnx");
    };
  }

  /**
   * Exports into a model directory; files of the same names are replaced.
   *
   * @param baseHash identity of the weights, stored in the graph
   * @param ranges of the activations; used for int8 only
   */
  public static void write(
      Path directory,
      ModelConfig config,
      Tensors weights,
      String baseHash,
      Precision precision,
      ActivationRanges ranges)
      throws IOException {
    Map<String, String> metadata = metadata(config, baseHash);
    List<String> files = files(precision);
    switch (precision) {
      case INT8 -> {
        try (ExternalData data = ExternalData.create(directory, files.get(0));
            ExternalData prefillData = ExternalData.create(directory, files.get(1))) {
          GraphWeights decode = new GraphWeights(config, weights, data, Precision.INT8, ranges);
          ModelProto model = new TransformerGraph(config, decode, RowMode.PER_ROW).build(metadata);
          GraphWeights prefill = decode.sharing(prefillData, Precision.FP32);
          ModelProto prefillModel =
              new TransformerGraph(config, prefill, RowMode.BATCHED).build(metadata);
          data.force();
          prefillData.force();
          AtomicFile.write(directory.resolve(files.get(2)), prefillModel::writeTo);
          AtomicFile.write(directory.resolve(files.get(3)), model::writeTo);
        }
      }
      case FP32 -> {
        try (ExternalData data = ExternalData.create(directory, files.get(0))) {
          GraphWeights exact =
              new GraphWeights(config, weights, data, Precision.FP32, ActivationRanges.UNKNOWN);
          ModelProto model = new TransformerGraph(config, exact, RowMode.PER_ROW).build(metadata);
          data.force();
          AtomicFile.write(directory.resolve(files.get(1)), model::writeTo);
        }
      }
    }
  }

  private static Map<String, String> metadata(ModelConfig config, String baseHash) {
    return Map.of(
        "whetstone.base", baseHash,
        "whetstone.layers", Integer.toString(config.layers()),
        "whetstone.kv_heads", Integer.toString(config.kvHeads()),
        "whetstone.head_dim", Integer.toString(config.headDim()),
        "whetstone.vocabulary", Integer.toString(config.vocabularySize()),
        "whetstone.context", Integer.toString(config.contextLength()));
  }
}
