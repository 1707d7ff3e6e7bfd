package dev.whetstone.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;

import dev.whetstone.Whetstone;
import dev.whetstone.testing.Commands;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;

/** What holds of every command, whoever adds the next one. */
class CommandsTest {
  /** Their output is a result that scripts go on with. */
  private static final Set<String> READ_BY_SCRIPTS =
      Set.of(
          "list",
          "create",
          "promote",
          "rollback",
          "open",
          "models",
          "bench",
          "table",
          "experiment");

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  static Stream<CommandSpec> commands() {
    return Commands.all();
  }

  private int run(String... arguments) {
    return Whetstone.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private static String[] words(CommandSpec command, String... more) {
    List<String> words = new ArrayList<>(List.of(command.qualifiedName().split(" ")));
    words.removeFirst();
    words.addAll(List.of(more));
    return words.toArray(String[]::new);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandOptionAndParameterIsDescribed(CommandSpec command) {
    assertThat(command.usageMessage().description()).as(command.qualifiedName()).isNotEmpty();
    assertThat(command.usageMessage().description())
        .as(command.qualifiedName())
        .allSatisfy(sentence -> assertThat(sentence).matches("(?s)[A-Z].*[.]"));
    for (ArgSpec argument : command.args()) {
      assertThat(String.join(" ", argument.description()))
          .as(command.qualifiedName() + " " + argument)
          .matches("[-A-Za-z0-9].*[.]");
      if (argument.arity().max() > 0) {
        assertThat(argument.paramLabel()).matches("[A-Z_=]+");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandHasExamplesThatItsParserTakes(CommandSpec command) {
    assertThat(command.usageMessage().footerHeading()).isEqualTo(CommandHelp.EXAMPLES);
    List<String> examples =
        Stream.of(command.usageMessage().footer()).filter(line -> line.startsWith("  ")).toList();
    assertThat(examples).as(command.qualifiedName()).isNotEmpty();
    for (String example : examples) {
      assertThat(example).contains("./" + command.qualifiedName());
      assertDoesNotThrow(() -> Whetstone.commandLine().parseArgs(arguments(example)), example);
    }
  }

  /** The words after ./whetstone, as a shell would split them. */
  private static String[] arguments(String example) {
    String line = example.substring(example.indexOf("./whetstone") + "./whetstone".length());
    Matcher words =
        Pattern.compile("\"([^\"]*)\"|([^ \"]+)").matcher(line.replaceAll("[>)].*", ""));
    return words
        .results()
        .map(word -> word.group(1) == null ? word.group(2) : word.group(1))
        .toArray(String[]::new);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void helpNamesTheExitCodesAndEndsWithZero(CommandSpec command) {
    assertThat(run(words(command, "--help"))).isZero();
    assertThat(out.toString())
        .startsWith("Usage: " + command.qualifiedName())
        .contains("Examples:", "Exit codes:", "--help");
    assertThat(out.toString().lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(101));
    assertThat(err.toString()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandTellsItsVersion(CommandSpec command) {
    assertThat(run(words(command, "--version"))).isZero();
    assertThat(out.toString()).startsWith("whetstone ");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void anUnknownFlagEndsWithTwoAndNamesTheHelp(CommandSpec command) {
    assertThat(run(words(command, "--no-such-flag"))).isEqualTo(2);
    assertThat(out.toString()).isEmpty();
    assertThat(err.toString())
        .startsWith("whetstone: ")
        .contains("./" + command.qualifiedName() + " --help");
    assertThat(err.toString().lines().count()).isLessThan(6);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void whatScriptsReadComesAsJson(CommandSpec command) {
    if (READ_BY_SCRIPTS.contains(command.name())
        && command.subcommands().values().stream()
            .noneMatch(below -> READ_BY_SCRIPTS.contains(below.getCommandName()))) {
      assertThat(command.findOption("--json")).as(command.qualifiedName()).isNotNull();
    }
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aMissingCommandEndsWithTwoAndListsTheCommands(CommandSpec command) {
    if (command.subcommands().isEmpty() || command.userObject() instanceof Callable) {
      return;
    }
    assertThat(run(words(command))).isEqualTo(2);
    assertThat(err.toString())
        .startsWith("whetstone: Missing required subcommand")
        .contains(command.subcommands().keySet());
  }

  @Test
  void aNearNameIsSuggested() {
    assertThat(run("polices")).isEqualTo(2);
    assertThat(err.toString()).contains("policies").contains("See ./whetstone --help");
  }

  @Test
  void errorsNameTheNextStep() {
    assertThat(run("policies", "show", "no such", "--key", "k")).isEqualTo(2);
    assertThat(run("open", "--key", "k", "--url", "http://localhost:1")).isEqualTo(1);
    assertThat(run("open", "--key", "k", "--url", "localhost:8080")).isEqualTo(2);
    assertThat(run("open", "--key", "k", "--url", "http://localhost:1/tools/")).isEqualTo(1);
    assertThat(run("open", "--key", "k", "--url", "http://a/?tools")).isEqualTo(2);
    assertThat(run("open", "--key", "k k")).isEqualTo(2);

    assertThat(err.toString().lines())
        .containsExactly(
            "whetstone: 'no such' is not a version, hash or alias; ./whetstone policies list shows"
                + " them",
            "whetstone: no gateway answers at http://localhost:1; start it with ./run, or name"
                + " another with --url",
            "whetstone: 'localhost:8080' is no gateway's address, as in http://localhost:8080",
            "whetstone: no gateway answers at http://localhost:1/tools; start it with ./run, or name"
                + " another with --url",
            "whetstone: 'http://a/?tools' is no gateway's address, as in http://localhost:8080",
            "whetstone: the key is not an API key, as in wsk_operator_…");
  }

  @Test
  void scenariosAreListedAsJson() {
    assertThat(run("lab", "list", "--json")).isZero();
    assertThat(out.toString()).startsWith("[").contains("\"name\" : \"clean\"");
  }

  @Test
  void exitCodesOfPicocliAreOurs() {
    assertThat(CommandLine.ExitCode.USAGE).isEqualTo(2);
    assertThat(CommandLine.ExitCode.SOFTWARE).isEqualTo(1);
  }
}
