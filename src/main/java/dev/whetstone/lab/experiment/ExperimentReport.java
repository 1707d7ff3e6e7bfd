package dev.whetstone.lab.experiment;

import dev.whetstone.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Function;

/** Means over seeds as a table of Markdown, and plots beside the rows' file. */
public final class ExperimentReport {
  private final Experiment experiment;
  private final List<ExperimentRow> rows;
  private final List<Summary> summaries;

  /** A report on the rows of an experiment, of which there is at least one. */
  public ExperimentReport(Experiment experiment, List<ExperimentRow> rows) {
    this.experiment = experiment;
    this.rows = List.copyOf(rows);
    this.summaries = Summary.of(rows);
  }

  /** Means with intervals, by arm and x. */
  public List<Summary> summaries() {
    return summaries;
  }

  /**
   * The table and what it was made with.
   *
   * @param command that was typed
   * @param leftOut arms that could not be measured, each with the reason
   */
  public String markdown(String command, List<String> leftOut) {
    StringBuilder text = new StringBuilder();
    text.append("| arm | ").append(experiment.x().title()).append(" | seeds |");
    experiment.measures().forEach(measure -> text.append(" %s |".formatted(measure.title())));
    text.append("\n|---|---|---|").append("---|".repeat(experiment.measures().size())).append('\n');
    for (Summary summary : summaries) {
      text.append("| %s | %s | %d |".formatted(summary.arm(), position(summary), summary.seeds()));
      for (Measure measure : experiment.measures()) {
        SeedMean mean = summary.measures().get(measure.key());
        text.append(mean == null ? " |" : " %s |".formatted(mean.text(measure.digits())));
      }
      text.append('\n');
    }
    text.append("\nMeans over seeds, in brackets 95 % intervals by Student's t. ");
    text.append("`%s`, commit %s, %s".formatted(command, distinct(ExperimentRow::commit), cpus()));
    double seconds = rows.stream().mapToDouble(ExperimentRow::seconds).sum();
    text.append(String.format(Locale.ROOT, ", %.0f min in all.%n", seconds / 60));
    leftOut.forEach(arm -> text.append("Left out: ").append(arm).append('\n'));
    return text.toString();
  }

  private String cpus() {
    return distinct(ExperimentRow::cpu);
  }

  private String distinct(Function<ExperimentRow, String> field) {
    return String.join(" and ", new TreeSet<>(rows.stream().map(field).toList()));
  }

  private static String position(Summary summary) {
    if (summary.arm().equals(Experiment.BASE)) {
      return "";
    }
    double x = summary.x();
    return x == Math.rint(x)
        ? String.format(Locale.ROOT, "%.0f", x)
        : String.format(Locale.ROOT, "%.2f", x);
  }

  /**
   * Writes the table and the plots beside a file; each appears whole.
   *
   * @return what was written
   */
  public List<Path> write(Path file, String markdown) throws IOException {
    String stem = stem(file);
    List<Path> written = new ArrayList<>();
    Path table = file.resolveSibling(stem + ".md");
    AtomicFile.write(table, markdown);
    written.add(table);
    for (Figure figure : experiment.figures()) {
      Path plot = file.resolveSibling("%s-%s.svg".formatted(stem, figure.name()));
      AtomicFile.write(plot, svg(figure));
      written.add(plot);
    }
    return written;
  }

  /** The name of a file without {@code .jsonl}, which those beside it begin with. */
  public static String stem(Path file) {
    String name = String.valueOf(file.getFileName());
    return name.endsWith(".jsonl") ? name.substring(0, name.length() - 6) : name;
  }

  private String svg(Figure figure) {
    int least = summaries.stream().mapToInt(Summary::seeds).min().orElse(0);
    int most = summaries.stream().mapToInt(Summary::seeds).max().orElse(0);
    String seeds = least == most ? Integer.toString(most) : least + " to " + most;
    String how = figure.x().key().equals(Measure.X) ? "shaded" : "bars";
    String note =
        most == 1 ? "1 seed" : "means of %s seeds; %s: 95 %% interval".formatted(seeds, how);
    // the base's KL is 0, which a logarithmic axis does not have
    List<SvgPlot.Line> across = figure.y().log() ? List.of() : lines(figure, true);
    return SvgPlot.draw(figure, note, lines(figure, false), across);
  }

  /** The lines of the arms, or of the base alone. */
  private List<SvgPlot.Line> lines(Figure figure, boolean base) {
    return summaries.stream()
        .map(Summary::arm)
        .distinct()
        .filter(arm -> arm.equals(Experiment.BASE) == base)
        .map(arm -> new SvgPlot.Line(arm, points(figure, arm)))
        .filter(line -> !line.points().isEmpty())
        .toList();
  }

  private List<SvgPlot.Point> points(Figure figure, String arm) {
    List<SvgPlot.Point> points = new ArrayList<>();
    for (Summary summary : summaries) {
      SeedMean x = summary.measures().get(figure.x().key());
      SeedMean y = summary.measures().get(figure.y().key());
      if (summary.arm().equals(arm) && x != null && y != null) {
        points.add(new SvgPlot.Point(x, y));
      }
    }
    return points;
  }
}
