/* The queue by keyboard: j and k go down and up the list, n takes the next one. Without it: links and a button. */
(function () {
  'use strict';
  document.addEventListener('keydown', function (event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    if (event.key === 'n') {
      var next = document.getElementById('next');
      if (next) next.click();
      return;
    }
    var step = { j: 1, k: -1 }[event.key];
    if (!step) return;
    var links = [].slice.call(document.querySelectorAll('#queue tbody a'));
    var at = links.indexOf(document.activeElement);
    var link = links[at < 0 && step < 0 ? links.length - 1 : at + step];
    if (link) link.focus();
  });
})();
