package dev.whetstone.models;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.io.Sha256;
import dev.whetstone.onnx.OnnxExport;
import dev.whetstone.onnx.Precision;
import dev.whetstone.onnx.quantization.ActivationRanges;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.weights.GgufFile;
import dev.whetstone.weights.GgufModel;
import dev.whetstone.weights.GgufSplit;
import dev.whetstone.weights.GgufTokenizer;
import dev.whetstone.weights.HuggingFaceConfig;
import dev.whetstone.weights.HuggingFaceModel;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.ModelDirectory;
import dev.whetstone.weights.ModelFormatException;
import dev.whetstone.weights.SafetensorsWriter;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Turns a Hugging Face directory or a GGUF file into a model directory, and exports its graphs. */
public final class ModelImporter {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final List<String> TEXT_FILES =
      List.of("tokenizer_config.json", "generation_config.json");

  private static final Set<String> WEIGHTS =
      Set.of(ModelDirectory.WEIGHTS, ModelDirectory.GGUF_WEIGHTS);
  private static final String HUGGING_FACE_WEIGHTS = "model.safetensors";
  private static final Map<String, String> FORMAT = Map.of("format", "pt");

  /** Mean KL in nats a token above which activations are quantised block by block. */
  private static final double MAX_KL = 0.02;

  private final Consumer<String> progress;

  /**
   * Makes an importer.
   *
   * @param progress receives a line at the start of each slow step
   */
  public ModelImporter(Consumer<String> progress) {
    this.progress = progress;
  }

  /**
   * Imports a model into an empty folder, which is complete only when this returns.
   *
   * @param source a Hugging Face directory or a GGUF file
   * @param origin the source's name for the manifest
   * @throws ModelFormatException naming what is malformed or not supported
   */
  public void importModel(Path source, String origin, String licence, Path folder)
      throws IOException {
    progress.accept("Importing " + source.getFileName() + " ...");
    String base;
    try (Tensors model = writeTexts(source, folder)) {
      ModelReport.of(source, folder, model).lines().forEach(progress);
      if (Files.isDirectory(source)) {
        Path weights = folder.resolve(ModelDirectory.WEIGHTS);
        SafetensorsWriter.write(weights, model, FORMAT);
        base = Sha256.of(weights);
        // The name by which Hugging Face's libraries look for them.
        Files.createSymbolicLink(folder.resolve(HUGGING_FACE_WEIGHTS), weights.getFileName());
      } else {
        GgufSplit.copy(source, folder.resolve(ModelDirectory.GGUF_WEIGHTS));
        // That of the float32 values, so that a model has the hash that earlier versions gave it,
        // by which votes and policies know it.
        base = SafetensorsWriter.sha256(model, FORMAT);
      }
    }
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("source", origin).put("licence", licence).put("base", base);
    writeManifest(folder, manifest);
  }

  /**
   * Writes all of a model but its weights.
   *
   * @return the weights, which the caller closes
   */
  static Tensors writeTexts(Path source, Path folder) throws IOException {
    return Files.isDirectory(source) ? writeDirectory(source, folder) : writeGguf(source, folder);
  }

  private static HuggingFaceModel writeDirectory(Path source, Path folder) throws IOException {
    if (!Files.exists(source.resolve("tokenizer.json"))) {
      throw new ModelFormatException(source + " has no tokenizer.json");
    }
    HuggingFaceModel model = HuggingFaceModel.open(source);
    try {
      Files.copy(source.resolve("tokenizer.json"), folder.resolve("tokenizer.json"));
      for (String name : TEXT_FILES) {
        if (Files.exists(source.resolve(name))) {
          Files.copy(source.resolve(name), folder.resolve(name));
        }
      }
      TemplateFiles.write(TemplateFiles.read(source), folder);
      writeConfig(model.config(), folder);
      return model;
    } catch (IOException | RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /** Writes config.json, with the chat template's end of turn as the first end of a completion. */
  private static void writeConfig(ModelConfig found, Path folder) throws IOException {
    Optional<ChatTemplate> template = TemplateFiles.open(folder);
    OptionalInt end =
        template.isPresent()
            ? EndOfTurn.of(template.get(), folder.resolve("tokenizer.json"))
            : OptionalInt.empty();
    Files.writeString(
        folder.resolve("config.json"),
        end.isPresent()
            ? HuggingFaceConfig.write(found, end.getAsInt())
            : HuggingFaceConfig.write(found));
  }

  private static GgufModel writeGguf(Path source, Path folder) throws IOException {
    GgufFile file = GgufFile.open(source);
    try {
      GgufModel model = new GgufModel(file);
      GgufTokenizer tokenizer = GgufTokenizer.of(file);
      Files.writeString(folder.resolve("tokenizer.json"), tokenizer.tokenizerJson());
      Files.writeString(folder.resolve("tokenizer_config.json"), tokenizer.tokenizerConfigJson());
      TemplateFiles.write(TemplateFiles.of(file), folder);
      writeConfig(model.config(), folder);
      return model;
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Exports the graphs of a precision; for int8 also measures and reports its KL from float32. */
  public void export(ModelDirectory model, Precision precision) throws IOException {
    Path manifest = model.path().resolve(ModelDirectory.MANIFEST);
    ObjectNode known = (ObjectNode) JSON.readTree(manifest.toFile());
    ObjectNode formats = known.withObject("/graph_formats");
    if (OnnxExport.files(precision).stream().anyMatch(formats::has)) {
      progress.accept(
          "The %s graphs of %s are of another version of Whetstone: exporting them again"
              .formatted(name(precision), model.path().getFileName()));
    }
    switch (precision) {
      case FP32 -> exportGraph(model, precision, ActivationRanges.UNKNOWN);
      case INT8 -> exportInt8(model);
    }
    OnnxExport.files(precision).forEach(name -> formats.put(name, OnnxExport.FORMAT));
    removeFormer(model.path(), formats);
    writeManifest(model.path(), known);
  }

  /** Removes the graphs of other formats, which this build cannot serve. */
  private static void removeFormer(Path folder, ObjectNode formats) throws IOException {
    for (String name : formats.propertyStream().map(Map.Entry::getKey).toList()) {
      if (formats.path(name).asInt() != OnnxExport.FORMAT) {
        Files.deleteIfExists(folder.resolve(name));
        formats.remove(name);
      }
    }
  }

  private void exportInt8(ModelDirectory model) throws IOException {
    try (ExactGraph exact = ExactGraph.of(model)) {
      progress.accept("Measuring the ranges of activations ...");
      exportGraph(model, Precision.INT8, ActivationCalibration.measure(exact, model));
      double kl = measureKl(exact, model);
      if (kl > MAX_KL) {
        progress.accept(
            "That is more than %.2f: quantising activations block by block".formatted(MAX_KL));
        exportGraph(model, Precision.INT8, ActivationRanges.UNKNOWN);
        measureKl(exact, model);
      }
    }
  }

  private static String name(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }

  private void exportGraph(ModelDirectory model, Precision precision, ActivationRanges ranges)
      throws IOException {
    progress.accept("Exporting the " + name(precision) + " graph ...");
    try (Tensors weights = model.weights()) {
      OnnxExport.write(model.path(), model.config(), weights, model.hash(), precision, ranges);
    }
  }

  private double measureKl(ExactGraph exact, ModelDirectory model) throws IOException {
    double kl = QuantizationKl.measure(exact, model);
    progress.accept("int8 against float32: KL %.4f nats per token".formatted(kl));
    return kl;
  }

  /** Writes manifest.json, which lists every file with its sha256 and size. */
  private static void writeManifest(Path folder, ObjectNode manifest) throws IOException {
    ObjectNode known = manifest.withObject("/files").deepCopy();
    ObjectNode hashes = manifest.putObject("files");
    ObjectNode sizes = manifest.putObject("sizes");
    for (Path file : files(folder)) {
      String name = folder.relativize(file).toString().replace('\\', '/');
      boolean canonical = WEIGHTS.contains(name) && known.has(name);
      hashes.put(name, canonical ? known.path(name).asText() : Sha256.of(file));
      sizes.put(name, Files.size(file));
    }
    AtomicFile.write(folder.resolve(ModelDirectory.MANIFEST), manifest.toPrettyString() + "\n");
  }

  private static List<Path> files(Path folder) throws IOException {
    Path templates = folder.resolve(TemplateFiles.FOLDER);
    try (Stream<Path> all = Files.list(folder);
        Stream<Path> named = Files.exists(templates) ? Files.list(templates) : Stream.empty()) {
      List<Path> files = new ArrayList<>(Stream.concat(all, named).sorted().toList());
      files.removeIf(
          file ->
              !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)
                  || file.endsWith(ModelDirectory.MANIFEST)
                  || file.toString().endsWith(".part"));
      return files;
    }
  }
}
