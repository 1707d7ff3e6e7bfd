/**
 * What settings and their checks share: {@link dev.whetstone.settings.JsonSettings} reads a flat
 * JSON object field by field and refuses unknown ones, {@link dev.whetstone.settings.EnumNames}
 * names enum constants in files, {@link dev.whetstone.settings.Checks} refuses bad values. {@link
 * dev.whetstone.settings.InvalidSettingException} is what an operator sees as a message without a
 * stack trace. No threads, no state.
 */
@NullMarked
package dev.whetstone.settings;

import org.jspecify.annotations.NullMarked;
