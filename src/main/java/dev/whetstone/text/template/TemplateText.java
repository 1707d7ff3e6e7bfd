package dev.whetstone.text.template;

/**
 * A text among a conversation's data that counts as the template's own, since it is one of a few
 * that are known, such as the name of a role.
 */
public record TemplateText(String text) {}
