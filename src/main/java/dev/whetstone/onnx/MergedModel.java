package dev.whetstone.onnx;

import com.google.protobuf.ByteString;
import dev.whetstone.lora.AdapterInput;
import dev.whetstone.onnx.proto.GraphProto;
import dev.whetstone.onnx.proto.ModelProto;
import dev.whetstone.onnx.proto.StringStringEntryProto;
import dev.whetstone.onnx.proto.TensorProto;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A serving graph with one version's adapter built in: its inputs become initializers. It computes
 * what the gateway computes for that version, bit for bit, since the products are the same. The
 * remaining inputs are {@code input_ids}, {@code seqlens_k}, {@code total_sequence_length}, {@code
 * logit_rows} and the KV cache, as {@link TransformerGraph} describes them.
 */
public final class MergedModel {
  private static final String ADAPTER = "adapter.bin";

  private final Path graph;
  private final Map<String, AdapterInput> inputs;

  /**
   * Merges nothing until {@link #writeZip}.
   *
   * @param graph a graph that {@link OnnxExport} wrote, its data beside it
   * @param inputs values of those of its inputs that belong to the version
   */
  public MergedModel(Path graph, Map<String, AdapterInput> inputs) {
    this.graph = graph;
    this.inputs = Map.copyOf(inputs);
  }

  /**
   * Writes a zip of {@code model.onnx} and the files it refers to, uncompressed since they are
   * dense.
   */
  public void writeZip(OutputStream out) throws IOException {
    ModelProto.Builder model;
    try (InputStream in = new BufferedInputStream(Files.newInputStream(graph))) {
      model = ModelProto.newBuilder().mergeFrom(in);
    }
    SortedSet<String> files = externalFiles(model.getGraph());
    build(model.getGraphBuilder());
    ZipOutputStream zip = new ZipOutputStream(out);
    zip.setLevel(Deflater.NO_COMPRESSION);
    zip.putNextEntry(new ZipEntry("model.onnx"));
    model.build().writeTo(zip);
    zip.closeEntry();
    zip.putNextEntry(new ZipEntry(ADAPTER));
    for (String name : names()) {
      zip.write(bytes(value(name)));
    }
    zip.closeEntry();
    for (String file : files) {
      zip.putNextEntry(new ZipEntry(file));
      Files.copy(graph.resolveSibling(file), zip);
      zip.closeEntry();
    }
    zip.finish();
  }

  private SortedSet<String> names() {
    return new TreeSet<>(inputs.keySet());
  }

  private AdapterInput value(String name) {
    AdapterInput input = inputs.get(name);
    if (input == null) {
      throw new IllegalArgumentException("there is no input " + name);
    }
    return input;
  }

  /** Replaces the inputs by initializers of the same names. */
  private void build(GraphProto.Builder declared) {
    for (int i = declared.getInputCount() - 1; i >= 0; i--) {
      if (inputs.containsKey(declared.getInput(i).getName())) {
        declared.removeInput(i);
      }
    }
    long offset = 0;
    for (String name : names()) {
      AdapterInput input = value(name);
      TensorProto.Builder tensor =
          TensorProto.newBuilder()
              .setName(name)
              .setDataType(TensorProto.DataType.FLOAT.getNumber());
      for (long size : input.shape()) {
        tensor.addDims(size);
      }
      long length = (long) input.values().length * Float.BYTES;
      if (length > 0) {
        tensor
            .setDataLocation(TensorProto.DataLocation.EXTERNAL)
            .addExternalData(ExternalData.entry("location", ADAPTER))
            .addExternalData(ExternalData.entry("offset", Long.toString(offset)))
            .addExternalData(ExternalData.entry("length", Long.toString(length)));
      } else {
        tensor.setRawData(ByteString.EMPTY);
      }
      offset += length;
      declared.addInitializer(tensor);
    }
  }

  private static SortedSet<String> externalFiles(GraphProto graph) {
    SortedSet<String> files = new TreeSet<>();
    for (TensorProto tensor : graph.getInitializerList()) {
      for (StringStringEntryProto entry : tensor.getExternalDataList()) {
        if (entry.getKey().equals("location")) {
          files.add(entry.getValue());
        }
      }
    }
    return files;
  }

  private static byte[] bytes(AdapterInput input) {
    ByteBuffer bytes =
        ByteBuffer.allocate(input.values().length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(input.values());
    return bytes.array();
  }
}
