package dev.whetstone.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whetstone.io.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The part of a page in docs/ that a test makes from the code, between two markers. */
public final class GeneratedDocs {
  private static final String END = "<!-- end of what is written -->\n";

  private final Path page;
  private final String command;

  private GeneratedDocs(Path page, String command) {
    this.page = page;
    this.command = command;
  }

  /**
   * The part of a page that a test makes.
   *
   * @param page the file's name in docs/
   * @param test the class that makes it, named in the marker
   */
  public static GeneratedDocs of(String page, Class<?> test) {
    return new GeneratedDocs(
        Path.of("docs", page), "./test -Dtest=" + test.getSimpleName() + " -Dwrite-docs");
  }

  /** Fails when the page says something else; with {@code -Dwrite-docs}, writes it instead. */
  public void holds(String expected) throws IOException {
    String text = Files.readString(page);
    String marker = "<!-- written by " + command + " -->\n";
    assertThat(text).as("the markers in " + page).contains(marker, END);
    int begin = text.indexOf(marker) + marker.length();
    int end = text.indexOf(END, begin);
    if (System.getProperty("write-docs") != null) {
      String written = text.substring(0, begin) + expected + text.substring(end);
      AtomicFile.write(page, out -> out.write(written.getBytes(StandardCharsets.UTF_8)));
      return;
    }
    assertThat(text.substring(begin, end)).as(page + " is stale: " + command).isEqualTo(expected);
  }
}
