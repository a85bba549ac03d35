extension OpenAPI {
    /// Reads the document, and lists what it has.
    static let page = """
        <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>Marquee API</title>
        <style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}code{background:#8882;padding:.1em .3em}
        section{border-top:1px solid #8886;padding:.6rem 0}b{display:inline-block;min-width:4rem}</style>
        <h1>Marquee API</h1><p>The document itself: <a href="/api/openapi.json">/api/openapi.json</a></p><main></main>
        <script>
        fetch('/api/openapi.json').then(r => r.json()).then(api => {
          const main = document.querySelector('main');
          for (const [path, methods] of Object.entries(api.paths)) for (const [method, what] of Object.entries(methods)) {
            const section = main.appendChild(document.createElement('section'));
            const head = section.appendChild(document.createElement('div'));
            head.appendChild(document.createElement('b')).textContent = method.toUpperCase();
            head.appendChild(document.createElement('code')).textContent = path;
            section.appendChild(document.createElement('div')).textContent = what.summary;
            const names = (what.parameters || []).map(p => p.name || p.$ref.split('/').pop());
            if (names.length) section.appendChild(document.createElement('small')).textContent = names.join(', ');
          }
        });
        </script></html>
        """
}
