/* 打印: a button that is there only where a script can print; everybody else prints by the browser's menu or the PDF. */
(function () {
  'use strict';
  var buttons = document.querySelectorAll('[data-print]');
  Array.prototype.forEach.call(buttons, function (button) {
    button.hidden = false;
    button.addEventListener('click', function () { window.print(); });
  });
})();
