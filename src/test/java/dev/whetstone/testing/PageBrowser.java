package dev.whetstone.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.playwright.AxeBuilder;
import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import com.microsoft.playwright.options.ReducedMotion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A headless chromium that opens the pages, and what it complained about. */
public final class PageBrowser implements AutoCloseable {
  private static final String MISSING =
      "the browser tests need chromium: apt-get install chromium, or name another browser of its"
          + " kind in CHROMIUM_PATH";

  /** Milliseconds that anything may take to appear on a busy machine. */
  private static final double TIMEOUT = 30_000;

  private final Playwright playwright;
  private final Browser browser;
  private final List<String> complaints = new ArrayList<>();

  private PageBrowser(Playwright playwright, Browser browser) {
    this.playwright = playwright;
    this.browser = browser;
  }

  /**
   * Starts the browser.
   *
   * @throws AssertionError saying what to install when it is missing
   */
  public static PageBrowser start() {
    Path program =
        Stream.of(System.getenv().getOrDefault("CHROMIUM_PATH", ""), "/usr/bin/chromium")
            .filter(name -> !name.isBlank())
            .map(Path::of)
            .filter(Files::isExecutable)
            .findFirst()
            .orElseThrow(() -> new AssertionError(MISSING));
    PlaywrightAssertions.setDefaultAssertionTimeout(TIMEOUT);
    Playwright playwright =
        Playwright.create(
            new Playwright.CreateOptions().setEnv(Map.of("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")));
    return new PageBrowser(
        playwright,
        playwright
            .chromium()
            .launch(
                new BrowserType.LaunchOptions()
                    .setExecutablePath(program)
                    // chromium's own sandbox does not work for root
                    .setArgs(List.of("--no-sandbox", "--disable-dev-shm-usage"))));
  }

  /** A new person's browser: no cookie and nothing stored. */
  public BrowserContext person(int width, int height, ColorScheme scheme) {
    BrowserContext context =
        browser.newContext(
            new Browser.NewContextOptions()
                .setViewportSize(width, height)
                .setColorScheme(scheme)
                .setReducedMotion(ReducedMotion.REDUCE));
    context.setDefaultTimeout(TIMEOUT);
    context.onConsoleMessage(
        message -> {
          if (message.type().equals("error") || message.type().equals("warning")) {
            complaints.add(message.text() + " at " + message.location());
          }
        });
    context.onWebError(error -> complaints.add(error.error()));
    return context;
  }

  /** What pages wrote to the console as errors or warnings, and what they threw. */
  public List<String> complaints() {
    return complaints;
  }

  /** Fails when axe-core finds a serious or critical violation on a page. */
  public static void assertAccessible(Page page) {
    // its script would be refused by the pages' own policy; playwright evaluates around that
    List<String> serious =
        new AxeBuilder(page)
            .setLegacyMode(true).analyze().getViolations().stream()
                .filter(rule -> List.of("serious", "critical").contains(rule.getImpact()))
                .map(
                    rule ->
                        rule.getId()
                            + ": "
                            + rule.getNodes().stream()
                                .map(node -> node.getHtml())
                                .limit(3)
                                .toList())
                .toList();
    assertThat(serious).as(page.url()).isEmpty();
  }

  @Override
  public void close() {
    browser.close();
    playwright.close();
  }
}
