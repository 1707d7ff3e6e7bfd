package dev.whetstone.lab.experiment;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whetstone.app.JavaProcess;
import dev.whetstone.dpo.config.TrainConfigFile;
import dev.whetstone.dpo.data.TokenPair;
import dev.whetstone.io.AtomicDirectory;
import dev.whetstone.lab.SentimentScore;
import dev.whetstone.lab.Taste;
import dev.whetstone.lora.LoraAdapter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What DPO replaces: reinforcement against a reward model of the same votes, and against the true
 * reward, by TRL. Each run is a process of its own, whose time and memory count from its start.
 *
 * @param votes of a run on pairs, and of the reward model
 * @param episodes answers that reinforcement is trained on
 * @param betas its KL coefficients
 * @param answers of each measurement
 */
record PpoExperiment(int votes, int episodes, List<Double> betas, int answers)
    implements Experiment {
  private static final Taste TASTE = Taste.SENTIMENT;
  private static final TrlScript DPO = new TrlScript("dpo-by-trl");
  private static final TrlScript REINFORCEMENT = new TrlScript("beside-ppo");
  private static final double DPO_RATE = 0.001;
  private static final int HELD_OUT = 400;
  private static final double MILLION = 1e6;
  private static final double GIBIBYTE = 1L << 30;
  private static final ObjectMapper JSON = new ObjectMapper();

  // apart from the seeds of other draws
  private static final long HELD_OUT_PAIRS = 1L << 47;

  PpoExperiment {
    betas = List.copyOf(betas);
  }

  /** Trains in a folder that is deleted afterwards. */
  @FunctionalInterface
  private interface Run {
    Map<String, Double> in(Workshop workshop, Path folder) throws IOException, InterruptedException;
  }

  /** A run that needs a script of TRL's. */
  private record ByTrl(String arm, double x, long seed, TrlScript script, Trial.Work work)
      implements Trial {
    @Override
    public List<Double> xs() {
      return List.of(x);
    }

    @Override
    public Optional<String> obstacle(Workshop workshop) {
      return script.obstacle(workshop);
    }

    @Override
    public SortedMap<Double, Map<String, Double>> run(Workshop workshop)
        throws IOException, InterruptedException {
      return new TreeMap<>(Map.of(x, work.run(workshop)));
    }
  }

  @Override
  public String name() {
    return "ppo";
  }

  @Override
  public String description() {
    return "DPO beside reinforcement against a reward model and the true reward, by TRL";
  }

  @Override
  public Measure x() {
    return Measure.x("votes, or true rewards", true);
  }

  @Override
  public List<Measure> measures() {
    return List.of(
        Measure.REWARD,
        Measure.KL,
        Measure.WIN_RATE,
        Measure.ACCURACY,
        Measure.TRAINED,
        Measure.SECONDS,
        Measure.MEMORY);
  }

  @Override
  public List<Figure> figures() {
    return List.of(
        new Figure(
            "reward",
            "DPO and reinforcement, %d votes".formatted(votes),
            Measure.KL,
            Measure.REWARD),
        new Figure("cost", "What it takes", Measure.TRAINED, Measure.REWARD));
  }

  @Override
  public List<Trial> trials(List<Long> seeds) {
    List<Trial> trials = new ArrayList<>();
    for (long seed : seeds) {
      trials.add(Trial.of(BASE, 0, seed, at -> at.bench().measure(null, TASTE, seed, answers)));
      trials.add(
          Trial.of(
              Recipe.LOOP.name(),
              votes,
              seed,
              at -> inFolder(at, (_, folder) -> recipe(at, folder, seed))));
      trials.add(
          new ByTrl(
              "plain DPO by TRL, rate " + DPO_RATE,
              votes,
              seed,
              DPO,
              at -> inFolder(at, (_, folder) -> dpo(at, folder, seed))));
      for (double beta : betas) {
        trials.add(reinforcement("a reward model", "model", votes, beta, seed));
        trials.add(reinforcement("the true reward", "true", episodes, beta, seed));
      }
    }
    return trials;
  }

  private Trial reinforcement(String against, String reward, int x, double beta, long seed) {
    return new ByTrl(
        "RLOO by TRL against %s, beta %s".formatted(against, beta),
        x,
        seed,
        REINFORCEMENT,
        at -> inFolder(at, (_, folder) -> reinforce(at, folder, reward, beta, seed)));
  }

  private static Map<String, Double> inFolder(Workshop at, Run run)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("whetstone-experiment-");
    try {
      return run.in(at, folder);
    } finally {
      AtomicDirectory.deleteTree(folder);
    }
  }

  private List<TokenPair> pairs(Workshop at, long seed) throws IOException {
    return at.bench().pairs(TASTE, CurveExperiment.TASTE_NAME, seed, votes);
  }

  private static List<TokenPair> heldOut(Workshop at, long seed) throws IOException {
    return at.bench().pairs(TASTE, CurveExperiment.TASTE_NAME, HELD_OUT_PAIRS + seed, HELD_OUT);
  }

  /** By the command line, which trains as the loop does. */
  private Map<String, Double> recipe(Workshop at, Path folder, long seed)
      throws IOException, InterruptedException {
    ReviewBench bench = at.bench();
    List<TokenPair> pairs = pairs(at, seed);
    Recipe.Plan plan = Recipe.LOOP.ofPairs(bench.base().config(), pairs, seed);
    Path config =
        Files.writeString(folder.resolve("train.json"), TrainConfigFile.write(plan.config()));
    Path out = folder.resolve("run");
    ProcessBuilder command =
        JavaProcess.of(
            List.of("-Xmx1g", "-XX:+UseSerialGC"),
            "train",
            "--model=" + bench.base().path().toAbsolutePath(),
            "--pairs=" + TrlScript.writePairs(folder.resolve("pairs.jsonl"), pairs),
            "--config=" + config,
            "--out=" + out);
    MeasuredProcess process = MeasuredProcess.run(command.command(), folder);
    JsonNode last = JSON.readTree(Files.readAllLines(out.resolve("metrics.jsonl")).getLast());
    return measured(at, out, process, last.path("num_tokens").asLong(), seed);
  }

  private Map<String, Double> dpo(Workshop at, Path folder, long seed)
      throws IOException, InterruptedException {
    List<String> command = DPO.command(at, seed);
    command.add("--rate=" + DPO_RATE);
    command.add(TrlScript.writePairs(folder.resolve("pairs.jsonl"), pairs(at, seed)).toString());
    MeasuredProcess process = MeasuredProcess.run(command, folder);
    JsonNode trained = JSON.readTree(process.lines().getFirst());
    Path adapter = Path.of(trained.path("adapter").asText());
    return measured(at, adapter, process, trained.path("tokens").asLong(), seed);
  }

  /** The accuracy is the reward model's; against the true reward there is none. */
  private Map<String, Double> reinforce(
      Workshop at, Path folder, String reward, double beta, long seed)
      throws IOException, InterruptedException {
    List<String> command = REINFORCEMENT.command(at, seed);
    command.add("--reward=" + reward);
    command.add("--beta=" + beta);
    command.add("--episodes=" + episodes);
    command.add("--questions=" + write(folder.resolve("questions.json"), ReviewBench.QUESTIONS));
    command.add("--words=" + write(folder.resolve("words.json"), SentimentScore.adjectives()));
    command.add("--pairs=" + TrlScript.writePairs(folder.resolve("pairs.jsonl"), pairs(at, seed)));
    command.add(
        "--held-out=" + TrlScript.writePairs(folder.resolve("held-out.jsonl"), heldOut(at, seed)));
    command.add(folder.toString());
    MeasuredProcess process = MeasuredProcess.run(command, folder);
    JsonNode trained = JSON.readTree(process.lines().getLast());
    Path adapter = Path.of(trained.path("adapter").asText());
    Map<String, Double> measures =
        measured(at, adapter, process, trained.path("tokens").asLong(), seed);
    measures.remove(Measure.ACCURACY.key());
    if (trained.has("accuracy")) {
      measures.put(Measure.ACCURACY.key(), trained.path("accuracy").asDouble());
    }
    return measures;
  }

  private static Path write(Path file, Object content) throws IOException {
    return Files.writeString(file, JSON.writeValueAsString(content));
  }

  private Map<String, Double> measured(
      Workshop at, Path folder, MeasuredProcess process, long tokens, long seed)
      throws IOException {
    LoraAdapter adapter = TrlScript.adapter(folder);
    Map<String, Double> measures = new TreeMap<>(at.bench().measure(adapter, TASTE, seed, answers));
    measures.put(Measure.ACCURACY.key(), at.bench().accuracy(adapter, heldOut(at, seed)));
    measures.put(Measure.TRAINED.key(), tokens / MILLION);
    measures.put(Measure.SECONDS.key(), process.seconds());
    if (process.peakBytes() > 0) {
      measures.put(Measure.MEMORY.key(), process.peakBytes() / GIBIBYTE);
    }
    return measures;
  }
}
