package dev.whetstone.lab.experiment;

import java.util.ArrayList;
import java.util.Formatter;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Lines with bands in SVG, for a page of docs: no script, no font of its own. A line whose points
 * are uncertain in both directions has bars instead of a band.
 */
final class SvgPlot {
  /** A point of a line: means with their intervals. */
  record Point(SeedMean x, SeedMean y) {}

  /** A line; its points in their order. */
  record Line(String name, List<Point> points) {
    Line {
      points = List.copyOf(points);
    }
  }

  private static final int WIDTH = 820;
  private static final int HEIGHT = 440;
  private static final int LEFT = 76;
  private static final int RIGHT = 580;
  private static final int TOP = 64;
  private static final int BOTTOM = 380;
  private static final int LEGEND_STEP = 22;
  private static final int MAX_NAMED_TICKS = 8;
  private static final double PADDING = 0.06;

  // what a band may add to the range of the means: one wide interval would flatten all lines
  private static final double MAX_BAND = 0.6;

  // nothing below is told apart on a logarithmic axis
  private static final double LEAST = 0.01;

  /** Okabe and Ito's colours, which the colour-blind tell apart. */
  private static final List<String> COLOURS =
      List.of("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000");

  /** One direction: values to pixels. */
  private record Scale(boolean log, double low, double high, int from, int to, List<Double> ticks) {
    double at(double value) {
      double share = (warp(value) - warp(low)) / (warp(high) - warp(low));
      return from + share * (to - from);
    }

    private double warp(double value) {
      return log ? Math.log(Math.max(value, LEAST)) : value;
    }
  }

  private final Figure figure;
  private final List<Line> lines;
  private final List<Line> across;
  private final Scale x;
  private final Scale y;
  private final Formatter svg = new Formatter(Locale.ROOT);

  private SvgPlot(Figure figure, List<Line> lines, List<Line> across) {
    this.figure = figure;
    this.lines = lines;
    this.across = across;
    this.x = scale(figure.x(), Point::x, LEFT, RIGHT, true);
    this.y = scale(figure.y(), Point::y, BOTTOM, TOP, false);
  }

  /**
   * Draws a plot.
   *
   * @param note below the title
   * @param lines at least one point in all
   * @param across lines of one point each, whose y is drawn over the whole width
   */
  static String draw(Figure figure, String note, List<Line> lines, List<Line> across) {
    return new SvgPlot(figure, lines, across).draw(note);
  }

  private Scale scale(
      Measure measure, Function<Point, SeedMean> part, int from, int to, boolean horizontal) {
    List<SeedMean> values =
        Stream.concat(lines.stream(), horizontal ? Stream.<Line>of() : across.stream())
            .flatMap(line -> line.points().stream())
            .map(part)
            .toList();
    double low = bound(values, SeedMean::mean, false);
    double high = bound(values, SeedMean::mean, true);
    if (measure.log()) {
      double factor = Math.pow(Math.max(high, LEAST) / Math.max(low, LEAST), PADDING);
      low = Math.max(low, LEAST) / Math.max(factor, 1.1);
      high = Math.max(high, LEAST) * Math.max(factor, 1.1);
      return new Scale(true, low, high, from, to, logTicks(values, low, high, horizontal));
    }
    double most = MAX_BAND * (high - low);
    double least = Math.max(low - most, Math.min(low, bound(values, SeedMean::low, false)));
    double greatest = Math.min(high + most, Math.max(high, bound(values, SeedMean::high, true)));
    double pad = greatest > least ? PADDING * (greatest - least) : 0.5;
    return new Scale(
        false, least - pad, greatest + pad, from, to, ticks(least - pad, greatest + pad));
  }

  private static double bound(
      List<SeedMean> values, ToDoubleFunction<SeedMean> part, boolean upper) {
    return upper
        ? values.stream().mapToDouble(part).max().orElse(1)
        : values.stream().mapToDouble(part).min().orElse(0);
  }

  /** The values themselves where these are few and exact, else 1, 2 and 5 of each decade. */
  private static List<Double> logTicks(
      List<SeedMean> values, double low, double high, boolean horizontal) {
    TreeSet<Double> own = new TreeSet<>(values.stream().map(SeedMean::mean).toList());
    if (horizontal
        && own.size() <= MAX_NAMED_TICKS
        && values.stream().allMatch(value -> value.low() == value.high())) {
      return List.copyOf(own);
    }
    List<Double> ticks = new ArrayList<>();
    double span = Math.log10(high / low);
    for (double decade = Math.pow(10, Math.floor(Math.log10(low))); decade <= high; decade *= 10) {
      for (double factor : span > 2.5 ? new double[] {1} : new double[] {1, 2, 5}) {
        if (decade * factor >= low && decade * factor <= high) {
          ticks.add(decade * factor);
        }
      }
    }
    return ticks;
  }

  private static List<Double> ticks(double low, double high) {
    double rough = (high - low) / 5;
    double decade = Math.pow(10, Math.floor(Math.log10(rough)));
    double step =
        Stream.of(1.0, 2.0, 5.0, 10.0)
            .map(factor -> factor * decade)
            .filter(candidate -> candidate >= rough)
            .findFirst()
            .orElse(10 * decade);
    List<Double> ticks = new ArrayList<>();
    for (long i = (long) Math.ceil(low / step); i * step <= high; i++) {
      ticks.add(i * step);
    }
    return ticks;
  }

  private String draw(String note) {
    svg.format(
        "\n<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\""
            + " font-family=\"sans-serif\" font-size=\"13\" role=\"img\">",
        WIDTH, HEIGHT, WIDTH, HEIGHT);
    svg.format("\n<title>%s</title>", escaped(figure.title()));
    svg.format("\n<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>", WIDTH, HEIGHT);
    text(LEFT, 26, "start", "font-size=\"17\" font-weight=\"bold\"", figure.title());
    text(LEFT, 47, "start", "fill=\"#555555\"", note);
    grid();
    svg.format(
        "\n<clipPath id=\"area\"><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"/></clipPath>",
        LEFT, TOP, RIGHT - LEFT, BOTTOM - TOP);
    svg.format("\n<g clip-path=\"url(#area)\">");
    for (Line line : across) {
      double at = y.at(line.points().getFirst().y().mean());
      svg.format(
          "\n<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#777777\""
              + " stroke-dasharray=\"6 4\" stroke-width=\"1.5\"/>",
          LEFT, RIGHT, at, at);
    }
    for (int i = 0; i < lines.size(); i++) {
      uncertainty(lines.get(i), colour(i));
    }
    for (int i = 0; i < lines.size(); i++) {
      line(lines.get(i), i);
    }
    svg.format("\n</g>");
    legend();
    svg.format("\n</svg>");
    return svg.toString().strip() + "\n";
  }

  private void grid() {
    for (double tick : y.ticks()) {
      svg.format(
          "\n<line x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"#e3e3e3\"/>",
          LEFT, RIGHT, y.at(tick), y.at(tick));
      text(LEFT - 8, y.at(tick) + 4, "end", "fill=\"#333333\"", number(tick));
    }
    for (double tick : x.ticks()) {
      svg.format(
          "\n<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\" stroke=\"#333333\"/>",
          x.at(tick), x.at(tick), BOTTOM, BOTTOM + 5);
      text(x.at(tick), BOTTOM + 20, "middle", "fill=\"#333333\"", number(tick));
    }
    svg.format(
        "\n<path d=\"M%d %dV%dH%d\" fill=\"none\" stroke=\"#333333\"/>", LEFT, TOP, BOTTOM, RIGHT);
    text((LEFT + RIGHT) / 2.0, BOTTOM + 44, "middle", "", axis(figure.x()));
    double middle = (TOP + BOTTOM) / 2.0;
    text(
        20,
        middle,
        "middle",
        "transform=\"rotate(-90 20 %.0f)\"".formatted(middle),
        axis(figure.y()));
  }

  private static String axis(Measure measure) {
    return measure.title() + (measure.log() ? ", logarithmic" : "");
  }

  private void uncertainty(Line line, String colour) {
    List<Point> points = line.points();
    boolean exact = points.stream().allMatch(point -> point.x().low() == point.x().high());
    if (exact && points.size() > 1) {
      StringBuilder path = new StringBuilder();
      points.forEach(point -> path.append(corner(point.x().mean(), point.y().high())));
      points.reversed().forEach(point -> path.append(corner(point.x().mean(), point.y().low())));
      svg.format(
          "\n<polygon points=\"%s\" fill=\"%s\" fill-opacity=\"0.15\"/>",
          path.toString().strip(), colour);
      return;
    }
    for (Point point : points) {
      bar(point.x().low(), point.x().high(), point.y().mean(), point.y().mean(), colour);
      bar(point.x().mean(), point.x().mean(), point.y().low(), point.y().high(), colour);
    }
  }

  private String corner(double atX, double atY) {
    return String.format(Locale.ROOT, "%.1f,%.1f ", x.at(atX), y.at(atY));
  }

  private void bar(double x1, double x2, double y1, double y2, String colour) {
    svg.format(
        "\n<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" stroke=\"%s\""
            + " stroke-opacity=\"0.45\" stroke-width=\"1.5\"/>",
        x.at(x1), x.at(x2), y.at(y1), y.at(y2), colour);
  }

  private void line(Line line, int index) {
    StringBuilder path = new StringBuilder();
    line.points().forEach(point -> path.append(corner(point.x().mean(), point.y().mean())));
    svg.format(
        "\n<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2.2\"/>",
        path.toString().strip(), colour(index));
    for (Point point : line.points()) {
      mark(x.at(point.x().mean()), y.at(point.y().mean()), index, tooltip(line, point));
    }
  }

  private String tooltip(Line line, Point point) {
    return "%s: %s %s, %s %s"
        .formatted(
            line.name(),
            figure.x().title(),
            number(point.x().mean()),
            figure.y().title(),
            point.y().text(3));
  }

  /** Shapes differ as colours do. */
  private void mark(double atX, double atY, int index, String tooltip) {
    String shape =
        switch (index % 3) {
          case 0 -> "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4.5\"";
          case 1 -> "<path d=\"M%.1f %.1fm-4.2 -4.2h8.4v8.4h-8.4z\"";
          default -> "<path d=\"M%.1f %.1fm0 -5.5l5.5 9.5h-11z\"";
        };
    svg.format(
        "\n" + shape + " fill=\"%s\"><title>%s</title>%s",
        atX,
        atY,
        colour(index),
        escaped(tooltip),
        closing(index));
  }

  private static String closing(int index) {
    return index % 3 == 0 ? "</circle>" : "</path>";
  }

  private void legend() {
    int at = TOP + 10;
    for (int i = 0; i < lines.size(); i++) {
      svg.format(
          "\n<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"2.2\"/>",
          RIGHT + 16, RIGHT + 40, at, at, colour(i));
      mark(RIGHT + 28, at, i, lines.get(i).name());
      text(RIGHT + 48, at + 4, "start", "", lines.get(i).name());
      at += LEGEND_STEP;
    }
    for (Line line : across) {
      svg.format(
          "\n<line x1=\"%d\" x2=\"%d\" y1=\"%d\" y2=\"%d\" stroke=\"#777777\" stroke-width=\"1.5\""
              + " stroke-dasharray=\"6 4\"/>",
          RIGHT + 16, RIGHT + 40, at, at);
      text(RIGHT + 48, at + 4, "start", "", line.name());
      at += LEGEND_STEP;
    }
  }

  private static String colour(int index) {
    return COLOURS.get(index % COLOURS.size());
  }

  private void text(double atX, double atY, String anchor, String style, String content) {
    svg.format(
        "\n<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" %s>%s</text>",
        atX, atY, anchor, style, escaped(content));
  }

  private static String number(double value) {
    if (value == Math.rint(value)) {
      return String.format(Locale.ROOT, "%,.0f", value);
    }
    String text = String.format(Locale.ROOT, "%.3f", value);
    return text.replaceAll("0+$", "");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
