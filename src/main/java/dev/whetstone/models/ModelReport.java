package dev.whetstone.models;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.text.ChatTemplate;
import dev.whetstone.text.Message;
import dev.whetstone.text.TemplateException;
import dev.whetstone.text.Tokenizer;
import dev.whetstone.weights.GgufModel;
import dev.whetstone.weights.HuggingFaceConfig;
import dev.whetstone.weights.ModelConfig;
import dev.whetstone.weights.ModelFormatException;
import dev.whetstone.weights.Tensors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What an import found, a line each.
 *
 * @param warnings what looks wrong, and would be served all the same
 */
public record ModelReport(List<String> facts, List<String> warnings) {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final double MILLION = 1e6;
  private static final double BILLION = 1e9;

  /** Memory of an import besides that of the weights. */
  private static final double IMPORT_BESIDES = 1e9;

  private static final Pattern LICENCE =
      Pattern.compile("license:\\s*\"?([\\w.+ -]{1,80}?)\"?\\s*");

  /** Lines of a README.md that its YAML head can have. */
  private static final int MAX_HEAD = 200;

  /** Copies the lists. */
  public ModelReport {
    facts = List.copyOf(facts);
    warnings = List.copyOf(warnings);
  }

  /**
   * Reads a model as an import does, and writes nothing that stays.
   *
   * @param source a Hugging Face directory or a GGUF file
   * @throws ModelFormatException naming what an import would refuse
   */
  public static ModelReport check(Path source) throws IOException {
    Path folder = Files.createTempDirectory("whetstone-check");
    try (Tensors model = ModelImporter.writeTexts(source, folder)) {
      return of(source, folder, model);
    } finally {
      AtomicDirectory.deleteTree(folder);
    }
  }

  /** The report on a folder with the texts of a model that is imported. */
  static ModelReport of(Path source, Path folder, Tensors weights) throws IOException {
    ModelConfig config = HuggingFaceConfig.read(folder);
    List<String> facts = new ArrayList<>();
    List<String> warnings = new ArrayList<>();
    facts.add("architecture: " + config.architecture() + ", " + config.layers() + " layers");
    long parameters =
        weights.names().stream().mapToLong(name -> Tensors.size(weights.shape(name))).sum();
    facts.add(String.format(Locale.ROOT, "parameters: %.1f million", parameters / MILLION));
    memory(weights, facts, warnings);
    facts.add("context: " + config.contextLength() + " tokens");
    tokens(folder, config, facts, warnings);
    template(folder, facts, warnings);
    facts.add("sampling defaults: " + sampling(folder));
    facts.add("licence: " + licence(source, weights).orElse("the files name none"));
    return new ModelReport(facts, warnings);
  }

  /**
   * Says what memory the import in int8 takes, as measured (docs/benchmarks.md): the float32
   * weights, which calibration and the measurement of the KL map, the largest of them once more,
   * and what a JVM and the runtime take besides.
   */
  private static void memory(Tensors weights, List<String> facts, List<String> warnings) {
    long all = 0;
    long largest = 0;
    for (String name : weights.names()) {
      long size = Float.BYTES * Tensors.size(weights.shape(name));
      all += size;
      largest = Math.max(largest, size);
    }
    double need = all + largest + IMPORT_BESIDES;
    double available = MachineResources.memory();
    facts.add(String.format(Locale.ROOT, "memory of the import: about %.1f GB", need / BILLION));
    if (available < need) {
      warnings.add(
          String.format(
              Locale.ROOT,
              "the import takes about %.1f GB of memory, and %.1f GB are available",
              need / BILLION,
              available / BILLION));
    }
  }

  /** What a GGUF file's metadata or the head of a directory's README.md say. */
  private static Optional<String> licence(Path source, Tensors weights) throws IOException {
    if (weights instanceof GgufModel gguf) {
      return gguf.licence();
    }
    Path readme = source.resolve("README.md");
    if (!Files.isRegularFile(readme)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(readme, StandardCharsets.ISO_8859_1)) {
      return lines
          .limit(MAX_HEAD)
          .map(LICENCE::matcher)
          .filter(Matcher::matches)
          .map(line -> line.group(1))
          .findFirst();
    }
  }

  private static void tokens(
      Path folder, ModelConfig config, List<String> facts, List<String> warnings)
      throws IOException {
    Path file = folder.resolve("tokenizer.json");
    String kind = JSON.readTree(file.toFile()).path("model").path("type").asText("unknown");
    try (Tokenizer tokenizer = Tokenizer.open(file)) {
      facts.add("tokenizer: " + kind + " of " + tokenizer.vocabularySize() + " tokens");
      if (tokenizer.vocabularySize() > config.vocabularySize()) {
        warnings.add(
            "the tokenizer has %d tokens, the embedding rows for %d"
                .formatted(tokenizer.vocabularySize(), config.vocabularySize()));
      }
      facts.add(
          "ends of a completion: "
              + config.eosIds().stream()
                  .map(id -> id + " '" + tokenizer.decode(new int[] {id}, false) + "'")
                  .collect(Collectors.joining(", ")));
      for (int id : config.eosIds()) {
        if (id < 0 || id >= config.vocabularySize()) {
          warnings.add("the end token " + id + " is outside the vocabulary");
        }
      }
    }
  }

  private static void template(Path folder, List<String> facts, List<String> warnings)
      throws IOException {
    Optional<ChatTemplate> template = TemplateFiles.open(folder);
    if (template.isEmpty()) {
      facts.add("chat template: none");
      warnings.add("without a chat template only prompts are served, no messages");
      return;
    }
    facts.add("chat templates: " + String.join(", ", TemplateFiles.read(folder).keySet()));
    template.get().problem().ifPresent(warnings::add);
    try {
      template.get().render(List.of(new Message("user", "Hello")), true);
    } catch (TemplateException refused) {
      warnings.add("the chat template refuses a plain question: " + refused.getMessage());
      return;
    }
    if (EndOfTurn.of(template.get(), folder.resolve("tokenizer.json")).isEmpty()) {
      warnings.add("the chat template puts no token behind an assistant's turn");
    }
  }

  private static String sampling(Path folder) throws IOException {
    JsonNode defaults = OptionalJson.read(folder.resolve("generation_config.json"));
    String found =
        List.of("do_sample", "temperature", "top_k", "top_p", "min_p", "repetition_penalty")
            .stream()
            .filter(name -> defaults.path(name).isValueNode())
            .map(name -> name + " " + defaults.path(name).asText())
            .collect(Collectors.joining(", "));
    return found.isEmpty() ? "none" : found;
  }

  /** All lines, the warnings marked. */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    facts.forEach(fact -> lines.add("  " + fact));
    warnings.forEach(warning -> lines.add("  WARNING: " + warning));
    return lines;
  }
}
