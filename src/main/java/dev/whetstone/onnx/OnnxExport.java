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
 *   <li>int8: {@code model.onnx} decodes and {@code prefill.onnx} processes prompts; they differ in
 *       how rows are multiplied with an adapter's factors, and share all weights. Where the
 *       activation ranges are known, q, k, v, gate and up are integer products
 *   <li>fp32: {@code exact.onnx} does both
 * </ul>
 *
 * A graph gets its name only after the bytes that it refers to are on disk.
 */
public final class OnnxExport {
  /** Increased with every change of the graphs, so that those of an earlier build are replaced. */
  public static final int FORMAT = 7;

  private OnnxExport() {}

  /** Names of the files that {@link #write} makes for a precision, graphs last. */
  public static List<String> files(Precision precision) {
    return switch (precision) {
      case INT8 -> List.of("weights.bin", "prefill.onnx", "model.onnx");
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
        try (ExternalData data = ExternalData.create(directory, files.get(0))) {
          GraphWeights decode = new GraphWeights(config, weights, data, precision, ranges);
          ModelProto model = new TransformerGraph(config, decode, RowMode.PER_ROW).build(metadata);
          ModelProto prefill =
              new TransformerGraph(config, decode.forAnotherGraph(), RowMode.BATCHED)
                  .build(metadata);
          data.force();
          AtomicFile.write(directory.resolve(files.get(1)), prefill::writeTo);
          AtomicFile.write(directory.resolve(files.get(2)), model::writeTo);
        }
      }
      case FP32 -> writeExact(directory, config, weights, baseHash, true);
    }
  }

  /**
   * Exports the float32 graph.
   *
   * @param durable whether its bytes are forced to the disk; a graph that this process deletes need
   *     not be
   */
  public static void writeExact(
      Path directory, ModelConfig config, Tensors weights, String baseHash, boolean durable)
      throws IOException {
    List<String> files = files(Precision.FP32);
    try (ExternalData data = ExternalData.create(directory, files.get(0))) {
      GraphWeights exact =
          new GraphWeights(config, weights, data, Precision.FP32, ActivationRanges.UNKNOWN);
      ModelProto model =
          new TransformerGraph(config, exact, RowMode.PER_ROW).build(metadata(config, baseHash));
      if (durable) {
        data.force();
      }
      AtomicFile.write(directory.resolve(files.get(1)), model::writeTo);
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
