package dev.whetstone.weights;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A Hugging Face directory as a model: its configuration and its safetensors, one file or shards.
 */
public final class HuggingFaceModel implements Tensors {
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private final ModelConfig config;
  private final Map<Path, Safetensors> files = new LinkedHashMap<>();
  private final Map<String, Safetensors> fileByTensor = new TreeMap<>();

  /** Tensors that are rows of a larger one in the file. */
  private final Map<String, Part> parts = new TreeMap<>();

  private record Part(String whole, int first, int rows) {}

  private HuggingFaceModel(ModelConfig config) {
    this.config = config;
  }

  /**
   * Opens a directory.
   *
   * @throws ModelFormatException for files that are missing, damaged or not supported
   */
  public static HuggingFaceModel open(Path directory) throws IOException {
    if (!Files.exists(directory.resolve("config.json"))) {
      throw new ModelFormatException(directory + " has no config.json");
    }
    HuggingFaceModel model = new HuggingFaceModel(HuggingFaceConfig.read(directory));
    try {
      model.load(directory);
      // Some files store a tied head a second time.
      if (model.config.tiedEmbeddings()) {
        model.fileByTensor.remove("lm_head.weight");
      }
      model.fileByTensor.keySet().removeIf(name -> name.endsWith(".rotary_emb.inv_freq"));
      if (model.config.design().fused()) {
        model.splitFused();
      }
      ModelValidator.check(model.config, model);
      return model;
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  private void load(Path directory) throws IOException {
    if (Files.exists(directory.resolve(SINGLE))) {
      Safetensors file = file(directory.resolve(SINGLE));
      file.names().forEach(name -> fileByTensor.put(name, file));
    } else if (Files.exists(directory.resolve(INDEX))) {
      loadShards(directory);
    } else {
      throw new ModelFormatException(directory + " has neither " + SINGLE + " nor " + INDEX);
    }
  }

  private void loadShards(Path directory) throws IOException {
    JsonNode map = HuggingFaceConfig.json(directory.resolve(INDEX)).path("weight_map");
    Map<String, String> shards = new HashMap<>();
    map.properties().forEach(entry -> shards.put(entry.getKey(), entry.getValue().asText()));
    for (Map.Entry<String, String> entry : shards.entrySet()) {
      Path path = directory.resolve(entry.getValue()).normalize();
      if (!directory.normalize().equals(path.getParent()) || !Files.exists(path)) {
        throw new ModelFormatException(
            INDEX + " names " + entry.getValue() + ", which is not in the directory");
      }
      Safetensors file = file(path);
      if (!file.names().contains(entry.getKey())) {
        throw new ModelFormatException(entry.getValue() + " does not hold " + entry.getKey());
      }
      fileByTensor.put(entry.getKey(), file);
    }
  }

  /** Some publishers store q, k and v as one matrix, and gate and up. */
  private void splitFused() {
    int query = config.heads() * config.headDim();
    int kv = config.kvHeads() * config.headDim();
    int inner = config.intermediateSize();
    for (int layer = 0; layer < config.layers(); layer++) {
      String block = "model.layers." + layer + ".";
      split(block + "self_attn.qkv_proj", block + "self_attn.q_proj", 0, query);
      split(block + "self_attn.qkv_proj", block + "self_attn.k_proj", query, kv);
      split(block + "self_attn.qkv_proj", block + "self_attn.v_proj", query + kv, kv);
      split(block + "mlp.gate_up_proj", block + "mlp.gate_proj", 0, inner);
      split(block + "mlp.gate_up_proj", block + "mlp.up_proj", inner, inner);
      for (String fused : List.of("self_attn.qkv_proj", "mlp.gate_up_proj")) {
        fileByTensor.remove(block + fused + ".weight");
      }
    }
  }

  private void split(String whole, String part, int first, int rows) {
    String name = whole + ".weight";
    Safetensors file = fileByTensor.get(name);
    if (file == null) {
      throw new ModelFormatException("tensor " + name + " is missing");
    }
    long[] shape = file.shape(name);
    if (shape.length != 2 || shape[0] < (long) first + rows) {
      throw new ModelFormatException(
          "tensor %s has no rows %d to %d".formatted(name, first, first + rows));
    }
    parts.put(part + ".weight", new Part(name, first, rows));
    fileByTensor.put(part + ".weight", file);
  }

  private Safetensors file(Path path) throws IOException {
    Safetensors known = files.get(path);
    if (known == null) {
      known = Safetensors.open(path);
      files.put(path, known);
    }
    return known;
  }

  public ModelConfig config() {
    return config;
  }

  @Override
  public Set<String> names() {
    return fileByTensor.keySet();
  }

  @Override
  public long[] shape(String name) {
    Part part = parts.get(name);
    Safetensors file = Tensors.require(fileByTensor, name);
    return part == null ? file.shape(name) : new long[] {part.rows, file.shape(part.whole)[1]};
  }

  @Override
  public float[] read(String name) {
    Part part = parts.get(name);
    Safetensors file = Tensors.require(fileByTensor, name);
    return part == null ? file.read(name) : file.readRows(part.whole, part.first, part.rows);
  }

  @Override
  public float[] readRows(String name, int first, int rows) {
    Part part = parts.get(name);
    Safetensors file = Tensors.require(fileByTensor, name);
    if (part == null) {
      return file.readRows(name, first, rows);
    }
    Tensors.requireRows(shape(name), first, rows);
    return file.readRows(part.whole, part.first + first, rows);
  }

  @Override
  public void close() {
    files.values().forEach(Safetensors::close);
  }
}
