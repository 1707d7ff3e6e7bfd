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

  private FusedParts fused = FusedParts.none();

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
        model.fused = FusedParts.cut(model.config, model.fileByTensor);
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
      for (String name : parts(canonical(entry.getKey()))) {
        if (!file.names().contains(name)) {
          throw new ModelFormatException(entry.getValue() + " does not hold " + entry.getKey());
        }
        fileByTensor.put(name, file);
      }
    }
  }

  private String canonical(String name) {
    return config.design().experts() == null ? name : ExpertNames.canonical(name);
  }

  /** The tensors that one of a file becomes. */
  private List<String> parts(String name) {
    List<List<String>> stacked = stacked(name);
    return stacked.isEmpty() ? List.of(name) : stacked.stream().flatMap(List::stream).toList();
  }

  private List<List<String>> stacked(String name) {
    DecoderDesign.Experts experts = config.design().experts();
    return experts == null ? List.of() : ExpertNames.stacked(name, experts);
  }

  private Safetensors file(Path path) throws IOException {
    Safetensors known = files.get(path);
    if (known == null) {
      known = Safetensors.open(path);
      files.put(path, known);
      known.rename(this::canonical);
      for (String name : List.copyOf(known.names())) {
        List<List<String>> stacked = stacked(name);
        if (!stacked.isEmpty()) {
          known.unstack(name, stacked);
        }
      }
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
    FusedParts.Part part = fused.of(name);
    Safetensors file = Tensors.require(fileByTensor, name);
    return part == null ? file.shape(name) : FusedParts.shape(name, part, file.shape(part.whole()));
  }

  @Override
  public float[] read(String name) {
    FusedParts.Part part = fused.of(name);
    Safetensors file = Tensors.require(fileByTensor, name);
    return part == null ? file.read(name) : file.readRows(part.whole(), part.first(), part.rows());
  }

  @Override
  public float[] readRows(String name, int first, int rows) {
    FusedParts.Part part = fused.of(name);
    Safetensors file = Tensors.require(fileByTensor, name);
    if (part == null) {
      return file.readRows(name, first, rows);
    }
    Tensors.requireRows(shape(name), first, rows);
    return file.readRows(part.whole(), part.first() + first, rows);
  }

  @Override
  public void close() {
    files.values().forEach(Safetensors::close);
  }
}
