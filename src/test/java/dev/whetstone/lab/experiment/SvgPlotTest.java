package dev.whetstone.lab.experiment;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class SvgPlotTest {
  private static final Figure FIGURE =
      new Figure("p", "Rate & <votes>", Measure.x("votes", true), Measure.WIN_RATE);

  @Test
  void aLineRisesWithItsValuesAndHasABand() throws Exception {
    Document svg =
        parse(
            SvgPlot.draw(
                FIGURE,
                "note",
                List.of(line("one", at(25, 0.5), at(100, 0.6), at(400, 0.8))),
                List.of()));

    double[] points = numbers(elements(svg, "polyline").getFirst().getAttribute("points"));
    assertThat(points).hasSize(6);
    // equal factors are equal steps on a logarithmic axis; y points down
    assertThat(points[2] - points[0]).isCloseTo(points[4] - points[2], byTenths());
    assertThat(points[1]).isGreaterThan(points[3]);
    assertThat(points[3] - points[5]).isCloseTo(2 * (points[1] - points[3]), byTenths());
    double[] band = numbers(elements(svg, "polygon").getFirst().getAttribute("points"));
    assertThat(band).hasSize(12);
    assertThat(band[1]).isLessThan(points[1]);
    assertThat(band[11]).isGreaterThan(points[1]);
  }

  @Test
  void titleAxesLegendAndTheLineAcrossAreNamed() throws Exception {
    Document svg =
        parse(
            SvgPlot.draw(
                FIGURE,
                "means of 5 seeds",
                List.of(line("one", at(25, 0.5), at(50, 0.6)), line("two", at(25, 0.4))),
                List.of(line("v0", at(0, 0.5)))));

    assertThat(elements(svg, "text").stream().map(Element::getTextContent))
        .contains(
            "Rate & <votes>",
            "means of 5 seeds",
            "votes, logarithmic",
            "win rate against v0",
            "one",
            "two",
            "v0",
            "25",
            "50");
  }

  @Test
  void pointsThatAreUncertainInBothDirectionsHaveBars() throws Exception {
    SvgPlot.Point point =
        new SvgPlot.Point(new SeedMean(3, 2, 1, 4), new SeedMean(3, 0.5, 0.4, 0.6));
    Figure figure = new Figure("p", "t", Measure.KL, Measure.REWARD);
    Document svg =
        parse(
            SvgPlot.draw(figure, "n", List.of(new SvgPlot.Line("one", List.of(point))), List.of()));

    assertThat(elements(svg, "polygon")).isEmpty();
    assertThat(
            elements(svg, "line").stream()
                .filter(bar -> bar.hasAttribute("stroke-opacity"))
                .count())
        .isEqualTo(2);
  }

  @Test
  void nothingIsDrawnAtNoNumber() throws Exception {
    String svg =
        SvgPlot.draw(
            new Figure("p", "t", Measure.x("votes", true), Measure.KL),
            "n",
            List.of(
                new SvgPlot.Line(
                    "zero, and an interval below it",
                    List.of(
                        new SvgPlot.Point(exact(25), exact(0)),
                        new SvgPlot.Point(exact(50), new SeedMean(2, 1, -3, 5))))),
            List.of());

    assertThat(parse(svg).getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(svg).doesNotContain("NaN").doesNotContain("Infinity");
  }

  private static org.assertj.core.data.Offset<Double> byTenths() {
    return org.assertj.core.data.Offset.offset(0.25);
  }

  private static SvgPlot.Line line(String name, SvgPlot.Point... points) {
    return new SvgPlot.Line(name, List.of(points));
  }

  private static SvgPlot.Point at(double x, double y) {
    return new SvgPlot.Point(exact(x), new SeedMean(5, y, y - 0.05, y + 0.05));
  }

  private static SeedMean exact(double value) {
    return new SeedMean(5, value, value, value);
  }

  private static double[] numbers(String points) {
    return Arrays.stream(points.split("[ ,]+")).mapToDouble(Double::parseDouble).toArray();
  }

  private static Document parse(String svg) throws Exception {
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Element> elements(Document svg, String tag) {
    NodeList nodes = svg.getElementsByTagName(tag);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }
}
