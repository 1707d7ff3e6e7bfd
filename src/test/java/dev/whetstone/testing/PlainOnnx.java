package dev.whetstone.testing;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtLoggingLevel;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Runs an exported model with ONNX Runtime alone, as a third party would. */
public final class PlainOnnx {
  private PlainOnnx() {}

  public static void unzip(byte[] zip, Path folder) throws IOException {
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(zip))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        Files.copy(in, folder.resolve(entry.getName()));
      }
    }
  }

  /** Logits {@code [rows, vocabulary]} of one sequence with an empty cache. */
  public static float[][] logits(Path model, long[] ids, long[] rows) throws OrtException {
    OrtEnvironment environment = environment();
    try (OrtSession session = environment.createSession(model.toString())) {
      Map<String, OnnxTensor> inputs = new HashMap<>();
      for (var input : session.getInputInfo().entrySet()) {
        if (input.getValue().getInfo() instanceof TensorInfo tensor
            && input.getKey().startsWith("past.")) {
          inputs.put(input.getKey(), emptyCache(environment, tensor.getShape(), ids.length));
        }
      }
      inputs.put("input_ids", longs(environment, ids, 1, ids.length));
      inputs.put("logit_rows", longs(environment, rows, rows.length));
      inputs.put("seqlens_k", ints(environment, ids.length - 1, 1));
      inputs.put("total_sequence_length", ints(environment, ids.length));
      try (OrtSession.Result result = session.run(inputs)) {
        return (float[][]) result.get("logits").orElseThrow().getValue();
      } finally {
        inputs.values().forEach(OnnxTensor::close);
      }
    }
  }

  /** The runtime has one environment a process: the gateway's sessions need its shared threads. */
  private static OrtEnvironment environment() throws OrtException {
    try (var threading = new OrtEnvironment.ThreadingOptions()) {
      return OrtEnvironment.getEnvironment(
          OrtLoggingLevel.ORT_LOGGING_LEVEL_WARNING, "plain", threading);
    } catch (IllegalStateException created) {
      return OrtEnvironment.getEnvironment();
    }
  }

  private static OnnxTensor emptyCache(OrtEnvironment environment, long[] declared, int length)
      throws OrtException {
    long[] shape = {1, declared[1], length, declared[3]};
    int size = Math.toIntExact(shape[1] * shape[2] * shape[3]);
    return OnnxTensor.createTensor(environment, FloatBuffer.allocate(size), shape);
  }

  private static OnnxTensor longs(OrtEnvironment environment, long[] values, long... shape)
      throws OrtException {
    return OnnxTensor.createTensor(environment, LongBuffer.wrap(values), shape);
  }

  private static OnnxTensor ints(OrtEnvironment environment, int value, long... shape)
      throws OrtException {
    return OnnxTensor.createTensor(environment, IntBuffer.wrap(new int[] {value}), shape);
  }
}
