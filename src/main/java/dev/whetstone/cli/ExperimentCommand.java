package dev.whetstone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whetstone.app.AppSettings;
import dev.whetstone.app.NativeLibraries;
import dev.whetstone.lab.LabFile;
import dev.whetstone.lab.Laboratory;
import dev.whetstone.lab.experiment.Experiment;
import dev.whetstone.lab.experiment.ExperimentReport;
import dev.whetstone.lab.experiment.ExperimentRunner;
import dev.whetstone.lab.experiment.Experiments;
import dev.whetstone.lab.experiment.Workshop;
import dev.whetstone.onnx.Precision;
import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Does an experiment on the tiny model, and makes its table and plots. */
@Command(
    name = "experiment",
    description = {
      "Does an experiment on the tiny model: rows in a file of JSON lines, and beside it a table and plots in SVG, with"
          + " means and 95 %% intervals over seeds.",
      "What is in the file already is not done again, so that a stopped experiment goes on where it was. Progress goes to"
          + " standard error."
    },
    mixinStandardHelpOptions = true,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {
      "  ./whetstone lab experiment curve --small",
      "  ./whetstone lab experiment avoid --seeds 5 --file results/avoid.jsonl",
      "  ./whetstone lab experiment noise --seeds 3 --fresh --json"
    })
final class ExperimentCommand implements Callable<Integer> {
  private static final String MODEL = "tiny-reviews";
  private static final int SEEDS = 5;
  private static final int FEWER_SEEDS = 2;
  private static final int MOST_SEEDS = 100;

  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  @Mixin
  @SuppressWarnings("NullAway.Init") // set by picocli
  OutputOptions output;

  @Parameters(
      paramLabel = "NAME",
      completionCandidates = Names.class,
      description = "One of ${COMPLETION-CANDIDATES}.")
  String name = "";

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description =
          "Number of seeds, from 1 on; default: " + SEEDS + ", with --small " + FEWER_SEEDS + ".")
  @Nullable Integer seeds;

  @Option(names = "--small", description = "A smaller form, of ten minutes at most on two cores.")
  boolean small;

  @Option(
      names = "--file",
      paramLabel = "FILE",
      description = "Where the rows are; default: experiment-NAME.jsonl, or -NAME-small.jsonl.")
  @Nullable Path file;

  @Option(names = "--fresh", description = "Forgets the rows of the file and begins anew.")
  boolean fresh;

  /** For the shell's completion, and the help. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Experiments.all(false).stream().map(Experiment::name).iterator();
    }
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Experiment experiment = Experiments.named(name, small);
    int number = seeds == null ? (small ? FEWER_SEEDS : SEEDS) : seeds;
    if (number < 1 || number > MOST_SEEDS) {
      throw new InvalidSettingException("--seeds takes a number from 1 to " + MOST_SEEDS);
    }
    Path rows =
        file == null
            ? Path.of("experiment-%s%s.jsonl".formatted(name, small ? "-small" : ""))
            : file;
    AppSettings settings = AppSettings.of(System::getenv);
    NativeLibraries.prepare(settings.nativeLibraries());
    PrintWriter progress = spec.commandLine().getErr();
    try (Workshop workshop = workshop(settings, rows, progress)) {
      ExperimentRunner runner = new ExperimentRunner(workshop, rows, InstantSource.system());
      if (fresh) {
        runner.forget();
      }
      ExperimentRunner.Outcome outcome =
          runner.run(experiment, LongStream.rangeClosed(1, number).boxed().toList());
      print(new ExperimentReport(experiment, outcome.rows()), rows, command(number), outcome);
    }
    return 0;
  }

  private static Workshop workshop(AppSettings settings, Path rows, PrintWriter progress) {
    Path loops = rows.resolveSibling(ExperimentReport.stem(rows) + "-loops.jsonl");
    Laboratory laboratory =
        new Laboratory(
            new LabFile(loops), settings.nativeLibraries(), null, Map.of(), progress::println);
    return new Workshop(
        () -> settings.modelStore(progress::println).resolve(MODEL, Precision.INT8),
        settings.threads(),
        settings.root(),
        laboratory,
        progress::println);
  }

  private String command(int number) {
    return "./whetstone lab experiment %s --seeds %d%s"
        .formatted(name, number, small ? " --small" : "");
  }

  private void print(
      ExperimentReport report, Path rows, String command, ExperimentRunner.Outcome outcome)
      throws IOException {
    String table = report.markdown(command, outcome.leftOut());
    List<Path> written = report.write(rows, table);
    ObjectMapper mapper =
        new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
    ObjectNode result = mapper.createObjectNode();
    result.put("experiment", name).put("computed", outcome.computed());
    result.set("points", mapper.valueToTree(report.summaries()));
    result.set("left_out", mapper.valueToTree(outcome.leftOut()));
    written.forEach(path -> result.withArray("files").add(path.toString()));
    StringBuilder text = new StringBuilder(table);
    written.forEach(path -> text.append("\nWritten: ").append(path));
    output.print(result, text.toString());
  }
}
