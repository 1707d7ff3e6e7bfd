package dev.whetstone.lab.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.io.AtomicDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Plain DPO by TRL's own trainer, in one process for all numbers of votes: {@code
 * load-tests/dpo-by-trl}. Its adapters are measured like any other policy.
 *
 * @param rate the learning rate, the same for all numbers of votes
 */
record TrlTrial(double rate, List<Integer> votes, long seed, int answers) implements Trial {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TrlScript SCRIPT = new TrlScript("dpo-by-trl");

  TrlTrial {
    votes = List.copyOf(votes);
  }

  @Override
  public String arm() {
    return "plain DPO by TRL, rate " + rate;
  }

  @Override
  public List<Double> xs() {
    return votes.stream().map(Integer::doubleValue).toList();
  }

  @Override
  public Optional<String> obstacle(Workshop workshop) {
    return SCRIPT.obstacle(workshop);
  }

  @Override
  public SortedMap<Double, Map<String, Double>> run(Workshop workshop)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("whetstone-experiment-");
    try {
      List<String> command = SCRIPT.command(workshop, seed);
      command.add("--rate=" + rate);
      for (int number : votes) {
        command.add(pairs(workshop.bench(), folder, number).toString());
      }
      return measured(workshop, new ProcessBuilder(command), folder);
    } finally {
      AtomicDirectory.deleteTree(folder);
    }
  }

  private Path pairs(ReviewBench bench, Path folder, int number) throws IOException {
    return TrlScript.writePairs(
        folder.resolve(number + ".jsonl"),
        bench.pairs(CurveExperiment.TASTE, CurveExperiment.TASTE_NAME, seed, number));
  }

  private SortedMap<Double, Map<String, Double>> measured(
      Workshop workshop, ProcessBuilder command, Path folder)
      throws IOException, InterruptedException {
    Path log = folder.resolve("trl.log");
    Process process = command.redirectError(log.toFile()).start();
    SortedMap<Double, Map<String, Double>> measured = new TreeMap<>();
    try (BufferedReader lines = process.inputReader()) {
      for (String line : (Iterable<String>) lines.lines()::iterator) {
        JsonNode trained = JSON.readTree(line);
        Path adapter = Path.of(trained.path("adapter").asText());
        Map<String, Double> measures =
            workshop
                .bench()
                .measure(TrlScript.adapter(adapter), CurveExperiment.TASTE, seed, answers);
        measured.put((double) trained.path("pairs").asInt(), measures);
      }
      if (process.waitFor() != 0 || measured.size() != votes.size()) {
        throw new IOException(SCRIPT.name() + " failed: " + Files.readString(log).strip());
      }
      return measured;
    } catch (UncheckedIOException unreadable) {
      throw unreadable.getCause();
    } finally {
      process.destroy();
    }
  }
}
