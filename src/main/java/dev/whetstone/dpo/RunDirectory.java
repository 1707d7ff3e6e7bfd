package dev.whetstone.dpo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.data.PairDigest;
import dev.whetstone.dpo.network.Parameter;
import dev.whetstone.io.AtomicFile;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import dev.whetstone.weights.HuggingFaceConfig;
import dev.whetstone.weights.MemoryTensors;
import dev.whetstone.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The files of a run: {@code checkpoint.safetensors}, {@code reference.bin} and {@code
 * metrics.jsonl} while it runs; at its end PEFT's {@code adapter_model.safetensors} and {@code
 * adapter_config.json}, or the folder {@code model} with all weights; last {@code manifest.json}.
 */
public final class RunDirectory {
  /** The folder of the model that a run over all weights writes. */
  public static final String MODEL = "model";

  static final String ADAPTER = "adapter_model.safetensors";
  static final String ADAPTER_CONFIG = "adapter_config.json";
  static final String MANIFEST = "manifest.json";

  private static final List<String> TEXT_FILES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "generation_config.json",
          "chat_template.jinja");
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path path;
  private final TrainingJob job;
  private final String dataHash;

  private RunDirectory(TrainingJob job) {
    this.path = job.directory();
    this.job = job;
    PairDigest data =
        new PairDigest().add(PairDigest.of(job.train())).add(PairDigest.of(job.validation()));
    if (!job.ratings().isEmpty()) {
      data.add(PairDigest.ofRatings(job.ratings()));
    }
    this.dataHash = data.hex();
  }

  /**
   * Prepares the directory of a run.
   *
   * @throws IllegalArgumentException when it holds a run and the job does not resume it
   */
  static RunDirectory open(TrainingJob job) throws IOException {
    RunDirectory directory = new RunDirectory(job);
    Files.createDirectories(job.directory());
    if (!job.resume()
        && (Files.exists(directory.checkpoint())
            || Files.exists(job.directory().resolve(MANIFEST)))) {
      throw new IllegalArgumentException(
          job.directory() + " already holds a run: resume it or choose another directory");
    }
    return directory;
  }

  Path checkpoint() {
    return path.resolve("checkpoint.safetensors");
  }

  Path references() {
    return path.resolve("reference.bin");
  }

  Path metrics() {
    return path.resolve("metrics.jsonl");
  }

  /** A SHA-256 over everything that decides the result of the run. */
  String fingerprint(TrainerOptions options) {
    LoraAdapter init = job.init();
    return new PairDigest()
        .add(job.base().hash())
        .add(dataHash)
        .add(TrainConfigFile.write(job.config()))
        .add(init == null ? "" : PeftFiles.hash(init))
        .add(options.network().arithmetic().name())
        .hex();
  }

  /** Writes the trained adapter by PEFT's names. */
  void write(LoraAdapter adapter) throws IOException {
    byte[] tensors = PeftFiles.tensors(adapter);
    AtomicFile.write(path.resolve(ADAPTER), out -> out.write(tensors));
    AtomicFile.write(
        path.resolve(ADAPTER_CONFIG),
        PeftFiles.config(adapter, String.valueOf(job.base().path().getFileName())));
  }

  /** Writes the trained model in Hugging Face's layout, with the base's tokenizer files. */
  void write(List<Parameter> weights) throws IOException {
    Path model = Files.createDirectories(path.resolve(MODEL));
    for (String name : TEXT_FILES) {
      Path source = job.base().path().resolve(name);
      if (Files.exists(source)) {
        AtomicFile.write(model.resolve(name), out -> Files.copy(source, out));
      }
    }
    AtomicFile.write(model.resolve("config.json"), HuggingFaceConfig.write(job.base().config()));
    Map<String, MemoryTensors.Values> tensors = new HashMap<>();
    for (Parameter weight : weights) {
      tensors.put(weight.name(), new MemoryTensors.Values(weight.values(), weight.shape()));
    }
    SafetensorsWriter.write(
        model.resolve("model.safetensors"), new MemoryTensors(tensors), Map.of("format", "pt"));
  }

  /** Writes what the result was made from; a directory with a manifest holds a finished run. */
  void writeManifest(TrainingOutcome outcome, TrainerOptions options, Checkpoint state)
      throws IOException {
    ObjectNode manifest = JSON.createObjectNode();
    manifest.put("code_version", options.codeVersion());
    manifest.put("base_hash", job.base().hash());
    manifest.put("data_hash", dataHash);
    manifest.put("pairs", job.train().size());
    manifest.put("ratings", job.ratings().size());
    manifest.put("held_out_pairs", job.validation().size());
    outcome.dropped().forEach(manifest.putArray("dropped_pairs")::add);
    LoraAdapter init = job.init();
    manifest.put("init_adapter_hash", init == null ? null : PeftFiles.hash(init));
    manifest.put("seed", job.config().batch().seed());
    manifest.set("config", JSON.readTree(TrainConfigFile.write(job.config())));
    manifest.put("arithmetic", options.network().arithmetic().name());
    manifest.put("threads", options.network().threads());
    manifest.put("ending", outcome.ending().name());
    manifest.put("steps", state.step());
    manifest.put("policy_step", outcome.step());
    LoraAdapter adapter = outcome.adapter();
    manifest.put("adapter_hash", adapter == null ? null : PeftFiles.hash(adapter));
    if (outcome.metrics() != null) {
      manifest.set("held_out", JSON.valueToTree(outcome.metrics().toMap()));
    }
    AtomicFile.write(path.resolve(MANIFEST), manifest.toPrettyString() + "\n");
  }
}
