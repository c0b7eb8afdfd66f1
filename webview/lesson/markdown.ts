import { Lexer, lexer, type Token, type Tokens } from 'marked';
import { element } from '../shared/dom.ts';

/** Markdown as elements, made one by one: nothing is ever read as HTML, so that no text can bring a script or a style with it. */
export function renderMarkdown(source: string, onLink: (url: string) => void): readonly Node[] {
  return lexer(source).flatMap((token) => renderBlock(token, onLink));
}

/** One line of Markdown, without a paragraph around it. */
export function renderInlineMarkdown(source: string, onLink: (url: string) => void): readonly (Node | string)[] {
  return renderInline(Lexer.lexInline(source), onLink);
}

function renderBlock(token: Token, onLink: (url: string) => void): readonly Node[] {
  switch (token.type) {
    case 'space':
      return [];
    case 'paragraph':
    case 'text':
      return [element('p', {}, ...renderInline((token as Tokens.Paragraph).tokens ?? [token], onLink))];
    case 'heading':
      return [element('h4', {}, ...renderInline((token as Tokens.Heading).tokens, onLink))];
    case 'code':
      return [element('pre', {}, element('code', {}, (token as Tokens.Code).text))];
    case 'blockquote':
      return [element('blockquote', {}, ...(token as Tokens.Blockquote).tokens.flatMap((inner) => renderBlock(inner, onLink)))];
    case 'list': {
      const list = token as Tokens.List;
      return [element(list.ordered ? 'ol' : 'ul', {}, ...list.items.map((item) => element('li', {}, ...item.tokens.flatMap((inner) =>
        (inner.type === 'text' ? renderInline((inner as Tokens.Text).tokens ?? [inner], onLink) : renderBlock(inner, onLink))))))];
    }
    default:
      return [element('p', {}, token.raw)];
  }
}

function renderInline(tokens: readonly Token[], onLink: (url: string) => void): readonly (Node | string)[] {
  return tokens.map((token) => {
    switch (token.type) {
      case 'strong':
        return element('strong', {}, ...renderInline((token as Tokens.Strong).tokens, onLink));
      case 'em':
        return element('em', {}, ...renderInline((token as Tokens.Em).tokens, onLink));
      case 'codespan':
        return element('code', {}, (token as Tokens.Codespan).text);
      case 'br':
        return element('br', {});
      case 'link': {
        const { href, tokens: inner } = token as Tokens.Link;
        return element('a', { href: '#', onclick: (event) => {
          event.preventDefault();
          onLink(href);
        } }, ...renderInline(inner, onLink));
      }
      case 'escape':
      case 'text':
        return (token as Tokens.Text).text;
      default:
        return token.raw;
    }
  });
}
