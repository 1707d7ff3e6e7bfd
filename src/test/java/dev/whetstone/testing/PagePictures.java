package dev.whetstone.testing;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.ColorScheme;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Takes pictures of all pages, wide and narrow, light and dark, and checks them on the way. */
public final class PagePictures {
  private static final Map<Integer, Integer> SIZES = Map.of(1440, 900, 390, 844);

  private final PageBrowser browser;
  private final Path folder;

  public PagePictures(PageBrowser browser, Path folder) {
    this.browser = browser;
    this.folder = folder;
  }

  /**
   * Pictures every page of a gateway.
   *
   * @param welcome a one-time link for each of the four browsers
   * @param name of the gateway's state, as in {@code empty}
   * @param pages addresses' fragments by the name of their picture
   */
  public void take(
      Iterable<String> welcome, String name, Map<String, String> pages, boolean chats) {
    var links = welcome.iterator();
    for (ColorScheme scheme : new ColorScheme[] {ColorScheme.LIGHT, ColorScheme.DARK}) {
      for (var size : SIZES.entrySet()) {
        try (BrowserContext person = browser.person(size.getKey(), size.getValue(), scheme)) {
          Page page = person.newPage();
          page.navigate(links.next());
          page.waitForSelector(".composer");
          if (chats) {
            chat(page);
          }
          for (var shown : pages.entrySet()) {
            open(page, shown.getValue());
            if (chats && shown.getKey().equals("compare")) {
              compare(page);
            }
            page.screenshot(
                new Page.ScreenshotOptions()
                    .setFullPage(true)
                    .setPath(
                        folder.resolve(
                            "%s-%s-%d-%s.png"
                                .formatted(
                                    shown.getKey(),
                                    name,
                                    size.getKey(),
                                    scheme.name().toLowerCase(java.util.Locale.ROOT)))));
            PageBrowser.assertAccessible(page);
            assertThat(overflow(page))
                .as(page.url() + " is wider than " + size.getKey())
                .isEqualTo(0);
          }
        }
      }
    }
  }

  /** Compares two versions on the open page for it. */
  public static void compare(Page page) {
    page.locator("main textarea").fill("How was the book?");
    page.locator("main form button[type=submit]").click();
    page.locator(".heat").nth(1).waitFor();
  }

  private static void chat(Page page) {
    page.locator(".samples button").first().waitFor();
    page.locator(".composer input[type=checkbox]").check();
    page.locator(".samples button").first().click();
    page.locator(".choice button").first().waitFor();
  }

  private static void open(Page page, String fragment) {
    page.evaluate(
        """
        fragment => location.hash === fragment || new Promise(followed => {
          addEventListener('hashchange', () => followed(), { once: true });
          location.hash = fragment;
        })""",
        fragment);
    page.locator("main:not([aria-busy])").waitFor();
    PlaywrightAssertions.assertThat(page.locator(".chart:not(:has(canvas))")).hasCount(0);
  }

  private static Object overflow(Page page) {
    return page.evaluate(
        "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)");
  }

  /** The pages that a gateway has, with a run and a rollout when there are any. */
  public static Map<String, String> pages(String run, String rollout) {
    Map<String, String> pages = new LinkedHashMap<>();
    for (String page :
        new String[] {
          "chat",
          "rate",
          "learning",
          "versions",
          "runs",
          "rollouts",
          "compare",
          "data",
          "replay",
          "access",
          "audit"
        }) {
      pages.put(page, "#/" + page);
    }
    if (!run.isEmpty()) {
      pages.put("run", "#/run/" + run);
      pages.put("rollout", "#/rollout/" + rollout);
      pages.put("changes", "#/changes/v1");
    }
    return pages;
  }
}
