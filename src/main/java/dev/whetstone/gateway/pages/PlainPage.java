package dev.whetstone.gateway.pages;

/** A page of a heading and a sentence, for addresses that the pages themselves do not serve. */
final class PlainPage {
  private static final String PAGE =
      """
      <!doctype html>
      <html lang="en"><head><meta charset="utf-8"><title>Whetstone</title>
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <link rel="icon" href="../icon.svg"><link rel="stylesheet" href="../style/base.css">
      %s</head>
      <body><main class="welcome"><h1>%s</h1><p>%s</p><p>%s</p></main></body></html>
      """;

  private PlainPage() {}

  /** The page after a one-time link; its script goes on to the pages. */
  static String signedIn() {
    return PAGE.formatted(
        "<script type=\"module\" src=\"../welcome.js\"></script>",
        "You are signed in",
        "This browser acts as the operator of this gateway.",
        "<a href=\"../\">Go to the chat</a>");
  }

  /** The page of a one-time link that signs nobody in. */
  static String linkEnded() {
    return PAGE.formatted(
        "",
        "This link cannot be used any more",
        "A link signs one browser in, once, within ten minutes. <code>./whetstone open</code> prints"
            + " a new one.",
        "<a href=\"../\">Sign in with a key</a>");
  }

  /** The page of a provider that cannot sign anybody in now. */
  static String providerAway(String provider) {
    return PAGE.formatted(
        "",
        "The provider does not answer",
        "Sign-in by %s is not possible now. Sign in with a key, or, on the machine of the gateway, by the link that"
                .formatted(escaped(provider))
            + " <code>./whetstone open</code> prints; or try again in a while.",
        "<a class=\"button\" href=\"../\">Sign in with a key</a>"
            + " <a class=\"button\" href=\"oidc\">Try again</a>");
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;");
  }
}
