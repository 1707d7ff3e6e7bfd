package dev.whetstone.preference.trl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.base.Splitter;
import dev.whetstone.preference.LogTest;
import dev.whetstone.preference.PreferenceFilter;
import dev.whetstone.preference.bulk.ImportReport;
import dev.whetstone.preference.bulk.ImportRunningException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Export and import of the log, on a real PostgreSQL. */
@Tag("slow")
class PreferenceFilesTest extends LogTest {
  @Test
  void exportsWhatTrlReads() throws IOException {
    String pair = log.storePair("ann", "Hi", "yes é", "no", "v0", "v1");
    log.vote(pair, "ann", "b");

    assertThat(text(log.export(TrlFormat.TEXT, false)))
        .isEqualTo("{\"prompt\":\"<Hi>\",\"chosen\":\"no\",\"rejected\":\"yes é\"}\n");
    assertThat(text(log.export(TrlFormat.MESSAGES, true)))
        .isEqualTo(
            """
            {"prompt":[{"role":"user","content":"Hi"}],\
            "chosen":[{"role":"assistant","content":"no"}],\
            "rejected":[{"role":"assistant","content":"yes é"}],\
            "prompt_ids":[1,2],"chosen_ids":[4,2],"rejected_ids":[3,2]}
            """);
  }

  @Test
  void tiesAndBothBadNeverBecomeWins() throws IOException {
    String pair = log.storePair("ann", "Hi", "yes", "no", "v0", "v1");
    log.vote(pair, "ann", "tie");
    log.vote(pair, "rater", "both_bad");

    assertThat(log.export(TrlFormat.TEXT, false)).isEmpty();
    assertThat(log.rows(PreferenceFilter.ALL)).hasSize(2);
  }

  @Test
  void whatIsExportedImportsIntoAnEmptyLogToTheSameBytes() throws IOException {
    int pairs = Integer.getInteger("whetstone.test.exported-pairs", 2_000);
    log.importLines(generated(pairs));
    exportedComesBack(true);
    // the fixture's ids are not those of its texts, and would be refused
    votesOnPairsOfTheGatewaysOwn(40);
    exportedComesBack(false);
  }

  private static void exportedComesBack(boolean tokens) throws IOException {
    byte[] exported = log.export(TrlFormat.TEXT, tokens);

    log.clear();
    ImportReport report = log.importLines(exported);

    assertThat(report.rejected()).as(report.toString()).isZero();
    assertThat(report.skipped()).isZero();
    assertThat(log.export(TrlFormat.TEXT, tokens)).isEqualTo(exported);
  }

  @Test
  void conversationsSurviveTheSameWay() throws IOException {
    votesOnPairsOfTheGatewaysOwn(60);
    byte[] exported = log.export(TrlFormat.MESSAGES, false);

    log.clear();
    ImportReport report = log.importLines(exported);

    assertThat(report.imported()).isEqualTo(report.lines()).isPositive();
    assertThat(log.export(TrlFormat.MESSAGES, false)).isEqualTo(exported);
    assertThat(log.rows(PreferenceFilter.ALL).getFirst().pair().prompt())
        .startsWith("<|im_start|>user\n")
        .endsWith("<|im_start|>assistant\n");
  }

  @Test
  void whatIsThereAlreadyIsSkippedLineForLine() throws IOException {
    String pair = log.storePair("ann", "Hi", "yes", "no", "v0", "v1");
    log.vote(pair, "ann", "b");
    log.vote(pair, "rater", "b");
    String same = "{\"prompt\": \"<Hi>\", \"chosen\": \"no\", \"rejected\": \"yes\"}\n";
    String other = "{\"prompt\": \"<Hi>\", \"chosen\": \"yes\", \"rejected\": \"no\"}\n";

    ImportReport first = log.importLines(same + same + same + other);
    ImportReport second = log.importLines(same + other + same + same);
    ImportReport third = log.importLines(same.repeat(5));

    assertThat(counts(first)).containsExactly(4, 2, 2, 0);
    assertThat(counts(second)).containsExactly(4, 0, 4, 0);
    assertThat(counts(third)).containsExactly(5, 2, 3, 0);
  }

  @Test
  void badLinesAreReportedByNumberAndLeaveTheOthersAlone() throws IOException {
    String good = "{\"prompt\": \"p%d\", \"chosen\": \"c\", \"rejected\": \"r\"}\n";
    String file =
        good.formatted(1)
            + "\n"
            + "{\"prompt\": \"p\", \"chosen\": \"c\"}\n"
            + good.formatted(2)
            + "nonsense\n"
            + "{\"prompt\": \""
            + "x".repeat(5000)
            + "\", \"chosen\": \"c\", \"rejected\": \"r\"}\n"
            + "[1]\n"
            + "{\"prompt\": \"\\u0000\", \"chosen\": \"c\", \"rejected\": \"r\"}\n"
            + good.formatted(3).strip();

    ImportReport report = log.importLines(file);

    assertThat(counts(report)).containsExactly(8, 3, 0, 5);
    assertThat(report.errors()).extracting(ImportReport.BadLine::line).containsExactly(3L, 5L, 6L);
    assertThat(report.errors().getLast().detail()).contains("4096 bytes");
    assertThat(log.rows(PreferenceFilter.ALL)).hasSize(3);
  }

  @Test
  void aPromptThatIsNotGivenIsWhatBothBeginWith() throws IOException {
    log.importLines(
        """
        {"chosen": "The sky is blue.", "rejected": "The sky is green."}
        {"chosen": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "yes"}], \
        "rejected": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "no"}]}
        """);

    assertThat(Splitter.on('\n').split(text(log.export(TrlFormat.TEXT, false))))
        .contains("{\"prompt\":\"The sky is\",\"chosen\":\" blue.\",\"rejected\":\" green.\"}");
    assertThat(text(log.export(TrlFormat.MESSAGES, false)))
        .contains("\"chosen\":[{\"role\":\"assistant\",\"content\":\"yes\"}]");
  }

  @Test
  void aBrokenStreamKeepsWholeBatchesAndTheFileCanBeSentAgain() throws IOException {
    byte[] file = generated(250);
    InputStream broken =
        new FilterInputStream(new ByteArrayInputStream(file)) {
          private int left = file.length - 40;

          @Override
          public int read(byte[] into, int from, int most) throws IOException {
            if (left == 0) {
              throw new IOException("cut");
            }
            int n = super.read(into, from, Math.min(most, left));
            left -= n;
            return n;
          }
        };

    assertThatThrownBy(() -> log.importLines(broken))
        .isInstanceOf(IOException.class)
        .hasMessage("cut");
    assertThat(log.rows(PreferenceFilter.ALL)).hasSize(200);

    assertThat(counts(log.importLines(file))).containsExactly(250, 50, 200, 0);
    assertThat(log.export(TrlFormat.TEXT, false)).hasSameSizeAs(file);
  }

  @Test
  void onlyOneImportRunsAtATime() throws IOException {
    InputStream reentrant =
        new FilterInputStream(InputStream.nullInputStream()) {
          @Override
          public int read(byte[] into, int from, int most) throws IOException {
            log.importLines("{}");
            return -1;
          }
        };
    assertThatThrownBy(() -> log.importLines(reentrant)).isInstanceOf(ImportRunningException.class);
    assertThat(log.importLines("").lines()).isZero();
  }

  private static void votesOnPairsOfTheGatewaysOwn(int pairs) {
    String[] choices = {"a", "b", "tie", "both_bad"};
    for (int i = 0; i < pairs; i++) {
      // every third prompt and its answers occur twice
      String n = Integer.toString(i - i % 3 / 2);
      String pair = log.storePair("ann", "Q" + n, "yes " + n, "no " + n, "v0", "v1");
      log.vote(pair, "ann", choices[i % 4]);
      log.vote(pair, "rater", choices[i % 3]);
    }
  }

  private static byte[] generated(int lines) {
    SplittableRandom random = new SplittableRandom(1);
    StringBuilder file = new StringBuilder();
    for (int i = 0; i < lines; i++) {
      String more = "x \\\"é\\\\ 漢字 😀 \\n".repeat(random.nextInt(1, 8));
      file.append(
          "{\"prompt\":\"q %d %s\",\"chosen\":\"yes %s\",\"rejected\":\"no %d\"}\n"
              .formatted(i, more, more, i));
    }
    return file.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static List<Integer> counts(ImportReport report) {
    return List.of(
        (int) report.lines(),
        (int) report.imported(),
        (int) report.skipped(),
        (int) report.rejected());
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }
}
