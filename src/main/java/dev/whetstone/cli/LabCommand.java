package dev.whetstone.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.whetstone.app.AppSettings;
import dev.whetstone.lab.LabFile;
import dev.whetstone.lab.LabRow;
import dev.whetstone.lab.LabTable;
import dev.whetstone.lab.Laboratory;
import dev.whetstone.lab.Scenario;
import dev.whetstone.lab.Scenarios;
import dev.whetstone.settings.InvalidSettingException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Plays simulated users against gateways of its own, and makes the table of what came of it. */
@Command(
    name = "lab",
    description = {
      "Measures what a gateway learns from simulated users. Each start has a gateway, a trainer and a home of its own, at"
          + " the settings of ./run, and becomes a line of JSON in a file.",
      "Nobody votes while a run or a gate is under way: real votes are slow and training is fast."
    },
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = ExperimentCommand.class,
    footerHeading = CommandHelp.EXAMPLES,
    footer = {
      "  ./whetstone lab list",
      "  ./whetstone lab run clean --seeds 1-3",
      "  ./whetstone lab run clean flips20 --seeds 1000-1009 --file lab.jsonl",
      "  ./whetstone lab table lab.jsonl",
      "  ./whetstone lab experiment curve --small"
    })
public final class LabCommand {
  @Spec
  @SuppressWarnings("NullAway.Init") // set by picocli
  CommandSpec spec;

  @Command(
      name = "list",
      description = "Lists the scenarios.",
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = "  ./whetstone lab list")
  int list(@Mixin OutputOptions output) {
    ArrayNode rows = JsonNodeFactory.instance.arrayNode();
    StringBuilder text = new StringBuilder();
    for (Scenario scenario : Scenarios.ALL) {
      rows.addObject().put("name", scenario.name()).put("description", scenario.description());
      text.append("%-12s %s%n".formatted(scenario.name(), scenario.description()));
    }
    output.print(rows, text.toString());
    return 0;
  }

  /** For the shell's completion. */
  static final class ScenarioNames implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return Scenarios.ALL.stream().map(Scenario::name).iterator();
    }
  }

  @Command(
      name = "run",
      description = {
        "Plays scenarios. Starts that are in the file already are skipped, so that a stopped lab goes on where it was; one"
            + " that broke is played again.",
        "Progress goes to standard error."
      },
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = {
        "  ./whetstone lab run clean --seeds 1000-1009",
        "  ./whetstone lab run coins turn --seeds 1,2,3 --json",
        "  ./whetstone lab run clean --set WHETSTONE_ROLLOUT_DUEL_SHARE=1 --file share.jsonl"
      })
  int run(
      @Parameters(
              paramLabel = "SCENARIO",
              arity = "1..*",
              completionCandidates = ScenarioNames.class,
              description = "Their names; ./whetstone lab list says them.")
          List<String> names,
      @Option(
              names = "--seeds",
              paramLabel = "SEEDS",
              defaultValue = "1",
              description = "Seeds, as in 1000-1009 or 1,2,7; default: ${DEFAULT-VALUE}.")
          String seeds,
      @Option(
              names = "--file",
              paramLabel = "FILE",
              defaultValue = "lab.jsonl",
              description = "Where the rows are; default: ${DEFAULT-VALUE}.")
          Path file,
      @Option(
              names = "--homes",
              paramLabel = "FOLDER",
              description = "Keeps each start's data below this folder; default: deleted.")
          @Nullable Path homes,
      @Option(
              names = "--set",
              paramLabel = "NAME=VALUE",
              description = "Changes an environment variable of the gateways; may be repeated.")
          @Nullable Map<String, String> changed,
      @Option(names = "--json", description = "Prints each row on standard output.") boolean json)
      throws IOException, InterruptedException {
    List<Scenario> scenarios = names.stream().map(Scenarios::named).toList();
    List<Long> wanted = SeedRange.parse(seeds);
    PrintWriter progress = spec.commandLine().getErr();
    LabFile rows = new LabFile(file);
    Laboratory lab =
        new Laboratory(
            rows,
            AppSettings.of(System::getenv).nativeLibraries(),
            homes == null ? null : homes.toAbsolutePath().normalize(),
            changed == null ? Map.of() : new LinkedHashMap<>(changed),
            progress::println);
    boolean whole = true;
    for (long seed : wanted) {
      for (Scenario scenario : scenarios) {
        if (rows.has(scenario.name(), seed)) {
          progress.printf("%s, seed %d: is in %s%n", scenario.name(), seed, file);
          continue;
        }
        LabRow row = lab.play(scenario, seed);
        whole &= row.failed() == null;
        if (json) {
          print(LabFile.json(row));
        }
      }
    }
    if (!json) {
      print(LabTable.markdown(LabTable.of(rows.rows())));
    }
    return whole ? 0 : 1;
  }

  @Command(
      name = "table",
      description =
          "Prints medians, and proportions with their exact 95 %% intervals (Clopper and Pearson).",
      mixinStandardHelpOptions = true,
      footerHeading = CommandHelp.EXAMPLES,
      footer = "  ./whetstone lab table lab.jsonl")
  int table(
      @Parameters(paramLabel = "FILE", description = "Rows of ./whetstone lab run.") Path file,
      @Option(names = "--json", description = "Prints a line of JSON instead.") boolean json)
      throws IOException {
    if (!Files.exists(file)) {
      throw new InvalidSettingException("there is no " + file);
    }
    List<LabTable.Line> lines = LabTable.of(new LabFile(file).rows());
    ObjectMapper mapper =
        new ObjectMapper().setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);
    print(json ? mapper.writeValueAsString(lines) : LabTable.markdown(lines));
    return 0;
  }

  private void print(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.println(text.stripTrailing());
    out.flush();
  }
}
