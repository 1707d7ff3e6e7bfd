package dev.whetstone.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What README and docs name exists: classes, methods, settings, metrics, files, links, tests. */
class DocsTest {
  private static final Pattern CODE = Pattern.compile("`([^`\n]+)`");
  private static final Pattern LINK = Pattern.compile("\\[[^]\n]+]\\(([^)\n]+)\\)");

  /** Code in docs that begins like a class of ours and is the name of something else's. */
  private static final Set<String> OF_OTHERS =
      Set.of(
          "AutoModelForCausalLM",
          "AutoPeftModelForCausalLM",
          "MatMulNBits",
          "GroupQueryAttention",
          "SkipSimplifiedLayerNormalization",
          "Gemm",
          "MatMulInteger",
          "DynamicQuantizeLinear",
          "QuantizeLinear",
          "RotaryEmbedding");

  private static Map<String, String> pages;
  private static Map<String, String> classes;
  private static String mainText;

  @BeforeAll
  static void read() throws IOException {
    pages = new TreeMap<>();
    for (String page : List.of("README.md", "CONTRIBUTING.md", "SECURITY.md")) {
      pages.put(page, Files.readString(Path.of(page)));
    }
    pages.putAll(texts(Path.of("docs"), name -> name.endsWith(".md")));
    classes = new TreeMap<>();
    texts(Path.of("src"), name -> name.endsWith(".java"))
        .forEach((file, text) -> classes.put(file.replaceAll(".*/|[.]java$", ""), text));
    mainText =
        String.join("\n", texts(Path.of("src", "main"), DocsTest::isText).values())
            + Files.readString(Path.of("run"))
            + Files.readString(Path.of("whetstone"));
  }

  private static boolean isText(String name) {
    return name.matches(".*[.](java|properties|sh|js|html|css|sql|proto|json)|.*/Dockerfile");
  }

  private static Map<String, String> texts(Path folder, Predicate<String> wanted)
      throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> wanted.test(file.toString()))
          .collect(Collectors.toMap(Path::toString, DocsTest::text));
    }
  }

  private static String text(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What pages put between backticks and a pattern finds, each with its page. */
  private static List<String> named(String pattern, Predicate<MatchResult> missing) {
    List<String> found = new ArrayList<>();
    pages.forEach(
        (page, text) ->
            CODE.matcher(text)
                .results()
                .map(code -> code.group(1))
                .flatMap(code -> Pattern.compile(pattern).matcher(code).results())
                .filter(missing)
                .map(name -> page + ": " + name.group())
                .distinct()
                .forEach(found::add));
    return found;
  }

  @Test
  void classesAndMethodsExist() {
    String name =
        "^([A-Z][a-z][a-z0-9]*(?:[A-Z][A-Za-z0-9]*)+)(?:[.]([a-z][A-Za-z]+))?(?:\\(.*\\))?$";

    assertThat(named(name, found -> !isThere(found.group(1), found.group(2)))).isEmpty();
  }

  private static boolean isThere(String type, String method) {
    String source = classes.get(type);
    if (source == null) {
      return OF_OTHERS.contains(type)
          || Pattern.compile("\\b(class|record|enum|interface) " + type + "\\b")
              .matcher(mainText)
              .find();
    }
    return method == null || Pattern.compile("\\b" + method + "\\b").matcher(source).find();
  }

  @Test
  void settingsExist() {
    String configuration = page("docs/configuration.md");

    assertThat(
            named(
                "\\bWHETSTONE_[A-Z_]+",
                found ->
                    !mainText.contains(found.group()) && !isProperty(found.group(), configuration)))
        .isEmpty();
    assertThat(
            named(
                "(?<![.\\w])whetstone(?:[.][a-z0-9-]+)+",
                found ->
                    !isProperty(found.group(), configuration)
                        && !isRenamed(found.group())
                        && !systemProperties().contains(found.group())))
        .isEmpty();
  }

  private static String page(String name) {
    return Objects.requireNonNull(pages.get(name));
  }

  /** Whether a property, or a variable in place of it, is in the generated reference. */
  private static boolean isProperty(String name, String configuration) {
    String wanted = name.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
    String prefix = "";
    for (String line : configuration.lines().toList()) {
      if (line.startsWith("### `")) {
        prefix = line.substring(5, line.length() - 1);
        if (wanted.equals(variable(prefix))) {
          return true;
        }
      } else if (line.startsWith("| `.")) {
        String property = variable(prefix + line.split("`", -1)[1]);
        if (property.equals(wanted) || property.startsWith(wanted + "_")) {
          return true;
        }
      }
    }
    return false;
  }

  private static String variable(String property) {
    return property.replaceAll("[^A-Za-z0-9]", "_").toUpperCase(Locale.ROOT);
  }

  /** Properties that tests and scripts read for themselves. */
  private static Set<String> systemProperties() {
    return classes.values().stream()
        .flatMap(source -> Pattern.compile("\"(whetstone[.][a-z.-]+)\"").matcher(source).results())
        .map(found -> found.group(1))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void metricsExist() {
    assertThat(named("\\bwhetstone_[a-z_]+", found -> !isMetric(found.group()))).isEmpty();
  }

  /** Meters are declared with dots, below a prefix that a class shares. */
  private static boolean isMetric(String name) {
    String meter = name.replaceAll("_(total|seconds|bytes)?$", "").replace('_', '.');
    return Stream.of("whetstone[.]", "whetstone[.][a-z]+[.]")
            .map(prefix -> meter.replaceFirst("^" + prefix, ""))
            .anyMatch(own -> mainText.contains("\"" + own))
        || mainText.contains("\"" + meter)
        // a field of the API
        || name.equals("whetstone_version");
  }

  private static boolean isRenamed(String property) {
    return text(Path.of("src/main/java/dev/whetstone/settings/RenamedSettings.java"))
        .contains('"' + property.replaceAll(".*[.]", "") + '"');
  }

  @Test
  void testsThatCommandsNameExist() {
    List<String> missing = new ArrayList<>();
    pages.forEach(
        (page, text) ->
            Pattern.compile("-D(?:it[.])?test=([A-Za-z]+)")
                .matcher(text)
                .results()
                .filter(found -> !classes.containsKey(found.group(1)))
                .forEach(found -> missing.add(page + ": " + found.group(1))));

    assertThat(missing).isEmpty();
  }

  @Test
  void filesExist() {
    assertThat(
            named(
                "^(?:[.]/)?((?:src|docs|k8s|load-tests|models)/[A-Za-z0-9._/-]+)$",
                found -> !Files.exists(Path.of(found.group(1)))))
        .isEmpty();
  }

  @Test
  void linksLeadSomewhere() {
    List<String> broken = new ArrayList<>();
    pages.forEach(
        (page, text) ->
            LINK.matcher(text)
                .results()
                .map(link -> link.group(1))
                .filter(link -> !link.contains("://") && !leads(page, link))
                .forEach(link -> broken.add(page + ": " + link)));

    assertThat(broken).isEmpty();
  }

  private static boolean leads(String page, String link) {
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? Path.of(page) : Path.of(page).resolveSibling(parts[0]);
    if (!Files.exists(target)) {
      return false;
    }
    return parts.length == 1
        || text(target)
            .lines()
            .filter(line -> line.startsWith("#"))
            .map(line -> line.replaceAll("^#+ ", "").toLowerCase(Locale.ROOT))
            .map(line -> line.replaceAll("[^\\w -]", "").replace(' ', '-'))
            .anyMatch(parts[1]::equals);
  }

  @Test
  void everyPageIsInTheIndexOfTheReadme() {
    assertThat(pages.keySet())
        .filteredOn(page -> page.matches("docs/[^/]+[.]md"))
        .allSatisfy(page -> assertThat(page("README.md")).contains("(" + page + ")"));
  }

  @Test
  void theReadmeIsShort() {
    List<String> lines = page("README.md").lines().toList();

    assertThat(lines.size()).isLessThanOrEqualTo(120);
    assertThat(lines).filteredOn(line -> line.length() > 110).isEmpty();
  }
}
