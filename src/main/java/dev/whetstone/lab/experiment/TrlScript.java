package dev.whetstone.lab.experiment;

import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.lab.JsonLines;
import dev.whetstone.lora.LoraAdapter;
import dev.whetstone.lora.PeftFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A script of load-tests that trains by TRL, and the files that it reads and writes.
 *
 * @param name of the script
 */
record TrlScript(String name) {
  private static final String PYTHON = "load-tests/.cache/trl/bin/python";

  /** A line of pairs. */
  private record Pair(int[] promptIds, int[] chosenIds, int[] rejectedIds) {
    static Pair of(TokenPair pair) {
      return new Pair(pair.prompt(), pair.chosen(), pair.rejected());
    }
  }

  /** Why it cannot be run here; empty where it can. */
  Optional<String> obstacle(Workshop workshop) {
    return Files.exists(workshop.root().resolve(PYTHON))
        ? Optional.empty()
        : Optional.of("TRL is not installed; load-tests/" + name + " --install fetches it");
  }

  /** The command line, to which files are added. */
  List<String> command(Workshop workshop, long seed) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(workshop.root().resolve("load-tests").resolve(name).toAbsolutePath().toString());
    command.add("--model=" + workshop.bench().base().path().toAbsolutePath());
    command.add("--seed=" + seed);
    return command;
  }

  /** Writes pairs as lines of token ids. */
  static Path writePairs(Path file, List<TokenPair> pairs) throws IOException {
    StringBuilder text = new StringBuilder();
    for (TokenPair pair : pairs) {
      text.append(JsonLines.json(Pair.of(pair))).append('\n');
    }
    return Files.writeString(file, text);
  }

  /** The adapter that is in a folder in PEFT's files. */
  static LoraAdapter adapter(Path folder) throws IOException {
    return PeftFiles.read(
        Files.readAllBytes(folder.resolve("adapter_model.safetensors")),
        Files.readString(folder.resolve("adapter_config.json")));
  }
}
